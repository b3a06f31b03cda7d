/** When a part is full. */
export type PartLimits = {
  /** From the arrival of its first fragment. */
  readonly spanMs: number;
  readonly bytes: number;
  readonly fragments: number;
};

const HOUR_MS = 3_600_000;
/** A part's records are read at once, in some ten milliseconds. */
const MAX_FRAGMENTS = 2048;

/**
 * The parts of a stream that is retained so long. They go as a whole, so that each is a small share
 * of what is kept; a stream that retains nothing buffers five minutes and 200 MB.
 */
export function partLimits(retentionHours: number): PartLimits {
  if (retentionHours === 0) return { spanMs: 30_000, bytes: 20e6, fragments: MAX_FRAGMENTS };
  return {
    spanMs: Math.min(HOUR_MS, (retentionHours * HOUR_MS) / 24),
    bytes: 1e9,
    fragments: MAX_FRAGMENTS,
  };
}
