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

/** A fragment as far as its times matter. */
export type Retimable = {
  readonly wasTaken: boolean;
  readonly timecodeOffset: number | undefined;
  timecode: bigint;
  startNs: bigint;
  endNs: bigint;
  format: SessionFormat;
};

/**
 * Moves the times of fragments that the uploader has not begun with. Those that would come before
 * one that was sent, or count from another beginning, get another format object, and with it a
 * session of their own.
 */
export class Retiming {
  readonly #correction: TimeCorrection;
  readonly #formats = new Map<SessionFormat, SessionFormat>();

  constructor(correction: TimeCorrection) {
    this.#correction = correction;
  }

  /** @returns false for one that keeps its times: it was sent, or where they are is not known */
  apply(fragment: Retimable): boolean {
    const { units, byNs } = this.#correction;
    if (fragment.wasTaken || fragment.timecodeOffset === undefined) return false;
    if (fragment.timecode + units < 0n) return false;
    fragment.timecode += units;
    fragment.startNs += byNs;
    fragment.endNs += byNs;
    if (units <= 0n) fragment.format = this.#corrected(fragment.format);
    return true;
  }

  #corrected(format: SessionFormat): SessionFormat {
    const known = this.#formats.get(format);
    if (known !== undefined) return known;
    const { producerStartMs: startMs, ...rest } = format;
    const byMs = this.#correction.startMs;
    const made = startMs === undefined ? rest : { ...rest, producerStartMs: startMs + byMs };
    this.#formats.set(format, made);
    return made;
  }
}

/**
 * Moves the times of a view's fragments. The blocks in a cluster count from its timecode, which is
 * all that has to be written over.
 */
export function correctFragments(
  row: FragmentList,
  memory: ViewMemory,
  correction: TimeCorrection,
): Corrected {
  const retiming = new Retiming(correction);
  const bytes = new Uint8Array(TIMECODE_BYTES);
  const view = new DataView(bytes.buffer);
  let fragments = 0;
  let sent = 0;
  let newest: HeldFragment | undefined;
  let wasSet = false;
  for (let f = row.oldest; f !== undefined; f = row.firstFrom(f.index + 1)) {
    newest = f;
    wasSet = retiming.apply(f);
    if (!wasSet || f.timecodeOffset === undefined) {
      sent += 1;
      continue;
    }
    view.setBigUint64(0, f.timecode);
    memory.overwrite(f, f.timecodeOffset, bytes);
    fragments += 1;
  }
  const hasOpen = wasSet && newest?.complete === false;
  return { fragments, sent, hasOpen, hasNewest: wasSet };
}
