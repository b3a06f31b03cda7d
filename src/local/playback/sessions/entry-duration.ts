import { CONTINUOUS_WITHIN_MS, type PlaybackEntry } from './playback-session.ts';

/** Up to the next fragment where that follows closely: the estimate of the last frame is not needed. */
export function durationMs(entries: readonly PlaybackEntry[], i: number): number {
  const entry = entries[i];
  const next = entries[i + 1];
  if (entry === undefined) return 0;
  const untilNext = next === undefined ? entry.durationMs : next.startMs - entry.startMs;
  // Server timestamps of an upload at full speed say nothing of durations.
  if (untilNext <= 0) return entry.durationMs;
  const isNear = Math.abs(untilNext - entry.durationMs) <= CONTINUOUS_WITHIN_MS;
  return isNear ? untilNext : entry.durationMs;
}

/** Of the fragments in a playlist the greatest bit rate, at least 1. */
export function bitsPerSecond(entries: readonly PlaybackEntry[]): number {
  return entries.reduce(
    (most, { bytes, durationMs }) => Math.max(most, Math.ceil((bytes * 8 * 1000) / durationMs)),
    1,
  );
}
