import { isContinuous, type PlaybackEntry } from './playback-session.ts';

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
