import { KvsError } from '../../../errors/kvs-error.ts';
import type { FileTimes } from '../media/media-file.ts';
import type { StartSource } from '../put-options.ts';
import { timeInName } from './time-in-name.ts';

/** What a start may be taken from. */
export type StartFacts = FileTimes & {
  readonly label: string;
  readonly name: string | undefined;
  /** When it was last changed, which is at its end where it was recorded. */
  readonly modifiedMs: number | undefined;
  /** Where the file that was sent before it to the same stream ends. */
  readonly previousEndMs: number | undefined;
  readonly nowMs: number;
};

/** Times from here on are since the epoch by themselves. */
const EPOCH_FROM_MS = Date.UTC(2000, 0, 1);

/** Whether a file's own times are since the epoch. */
export function isAbsolute(ptsNs: bigint): boolean {
  return ptsNs >= BigInt(EPOCH_FROM_MS) * 1_000_000n;
}

/** Whether only its last change can tell when a file began, unless its header does. */
export function needsLength(
  wanted: StartSource | Date,
  { name, modifiedMs, previousEndMs }: Pick<StartFacts, 'name' | 'modifiedMs' | 'previousEndMs'>,
): boolean {
  if (modifiedMs === undefined || wanted instanceof Date) return false;
  if (wanted === 'mtime') return true;
  const isNamed = name !== undefined && timeInName(name) !== undefined;
  return wanted === 'auto' && !isNamed && previousEndMs === undefined;
}

/**
 * When a file's first frame was taken, epoch ms.
 * @throws KvsError STATUS_INVALID_ARG where the source that was asked for has no time
 */
export function startOf(wanted: StartSource | Date, facts: StartFacts): number {
  const { name, createdMs, durationMs = 0, modifiedMs, previousEndMs, nowMs } = facts;
  const recordedMs = modifiedMs === undefined ? undefined : modifiedMs - durationMs;
  const named = name === undefined ? undefined : timeInName(name);
  if (wanted instanceof Date) return previousEndMs ?? wanted.getTime();
  switch (wanted) {
    case 'name':
      return (
        named ?? missing(facts, 'has no time in its name', 'e.g. door_2026-11-29_08-00-00.mp4')
      );
    case 'metadata':
      return (
        createdMs ?? missing(facts, 'does not say when it was made', 'e.g. with --start-time name')
      );
    case 'mtime':
      return recordedMs ?? missing(facts, 'is no file', 'e.g. --start-time 2026-11-29T08:00:00Z');
    default:
      return named ?? createdMs ?? previousEndMs ?? recordedMs ?? nowMs;
  }
}

function missing({ label }: StartFacts, what: string, example: string): never {
  throw new KvsError('STATUS_INVALID_ARG', `${label} ${what}`, {
    advice: `Say when it begins in another way, ${example}.`,
  });
}
