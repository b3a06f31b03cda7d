import type { HeldFragment } from './fragment.ts';
import type { FragmentList } from './fragment-list.ts';
import type { SessionFormat } from './stored-fragment.ts';
import type { ViewMemory } from './view-memory.ts';

/** The clock that fragments' times come from is wrong. */
export type TimeCorrection = {
  /** What their timecodes change by; 0 where these count from a beginning that moves instead. */
  readonly units: bigint;
  readonly byNs: bigint;
  /** What the beginning moves by that timecodes may count from. */
  readonly startMs: number;
};

/** What could be set right. */
export type Corrected = {
  readonly fragments: number;
  /** Fragments that were sent, in whole or in part, and keep their times. */
  readonly sent: number;
  readonly hasOpen: boolean;
  readonly hasNewest: boolean;
};

const TIMECODE_BYTES = 8;

/**
 * Moves the times of the fragments that the uploader has not begun with. The blocks in a cluster count
 * from its timecode, which is all that has to be written over. Those that would come before one
 * that was sent, or count from another beginning, get another format object, and with it a session
 * of their own.
 */
export function correctFragments(
  row: FragmentList,
  memory: ViewMemory,
  { units, byNs, startMs }: TimeCorrection,
): Corrected {
  const formats = new Map<SessionFormat, SessionFormat>();
  const bytes = new Uint8Array(TIMECODE_BYTES);
  const view = new DataView(bytes.buffer);
  let fragments = 0;
  let sent = 0;
  let newest: HeldFragment | undefined;
  let wasSet = false;
  for (let f = row.oldest; f !== undefined; f = row.firstFrom(f.index + 1)) {
    newest = f;
    wasSet = !f.wasTaken && f.timecodeOffset !== undefined && f.timecode + units >= 0n;
    if (!wasSet || f.timecodeOffset === undefined) {
      sent += 1;
      continue;
    }
    f.timecode += units;
    f.startNs += byNs;
    f.endNs += byNs;
    if (units <= 0n) f.format = corrected(formats, f.format, startMs);
    view.setBigUint64(0, f.timecode);
    memory.overwrite(f, f.timecodeOffset, bytes);
    fragments += 1;
  }
  const hasOpen = wasSet && newest?.complete === false;
  return { fragments, sent, hasOpen, hasNewest: wasSet };
}

function corrected(
  formats: Map<SessionFormat, SessionFormat>,
  format: SessionFormat,
  byMs: number,
): SessionFormat {
  const known = formats.get(format);
  if (known !== undefined) return known;
  const { producerStartMs: startMs, ...rest } = format;
  const made = startMs === undefined ? rest : { ...rest, producerStartMs: startMs + byMs };
  formats.set(format, made);
  return made;
}
