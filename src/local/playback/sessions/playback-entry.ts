/** A fragment's place in a session's playlist. */
export type PlaybackEntry = {
  readonly number: string;
  /** Counts up by one per entry, from 1. */
  readonly sequence: number;
  /** Epoch ms by the session's origin. */
  readonly startMs: number;
  /** Where its media lies on the session's own time line, which begins at 0. */
  readonly mediaMs: number;
  readonly durationMs: number;
  readonly bytes: number;
  readonly formatId: string;
  /**
   * The entry that its format began with, which may be gone: an initialization segment's address
   * has its number, so that a player finds the same one in a playlist that moves.
   */
  readonly formatSince: Pick<PlaybackEntry, 'number' | 'sequence' | 'mediaMs'>;
  /** Whether a player has to begin anew here. */
  readonly discontinuity: boolean;
  /** Whether its tracks or their codec private data differ from those of the one before. */
  readonly isNewFormat: boolean;
  /** Whether it has several tracks, which do not end at the same time. */
  readonly isInterleaved: boolean;
};

/** Gaps and overlaps up to this much are no discontinuities (DiscontinuityMode). */
const CONTINUOUS_WITHIN_MS = 50;
/** With several tracks, one goes on beyond the next fragment's start by so much: that is no overlap. */
const INTERLEAVED_WITHIN_MS = 250;

/** Whether a fragment that begins at a time goes on where another ends. */
export function isContinuous(
  { startMs, durationMs, isInterleaved }: PlaybackEntry,
  nextMs: number,
): boolean {
  const gapMs = nextMs - (startMs + durationMs);
  const overlapMs = isInterleaved ? INTERLEAVED_WITHIN_MS : CONTINUOUS_WITHIN_MS;
  return nextMs > startMs && gapMs <= CONTINUOUS_WITHIN_MS && -gapMs <= overlapMs;
}

/** Up to the next fragment where that follows closely: the estimate of the last frame is not needed. */
export function durationMs(entries: readonly PlaybackEntry[], i: number): number {
  const entry = entries[i];
  const next = entries[i + 1];
  if (entry === undefined) return 0;
  if (next === undefined || !isContinuous(entry, next.startMs)) return entry.durationMs;
  return next.startMs - entry.startMs;
}

/** Of the fragments in a playlist the greatest bit rate, at least 1. */
export function bitsPerSecond(entries: readonly PlaybackEntry[]): number {
  return entries.reduce(
    (most, { bytes, durationMs }) => Math.max(most, Math.ceil((bytes * 8 * 1000) / durationMs)),
    1,
  );
}
