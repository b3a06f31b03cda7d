/** A timer that has been started and may be cancelled; cancelling twice is harmless. */
export type Timer = { cancel(): void };

/**
 * Everything the core knows of time. Nothing in the core reads the wall clock or starts a
 * timer by itself, so that a test can run a day in a second.
 */
export type Clock = {
  /** Wall clock in milliseconds since the epoch. May step when the machine's clock is set. */
  nowMs(): number;
  /** Monotonic milliseconds with a fraction; only differences mean something. */
  monotonicMs(): number;
  /**
   * Calls `callback` once, `delayMs` from now, however long that is; Infinity is never. Never keeps
   * the process alive.
   */
  after(delayMs: number, callback: () => void): Timer;
};

/** A number in [0, 1), as Math.random gives it. */
export type Random = () => number;

/**
 * A clock that shows an earlier time is not set: nothing here was written before. A machine without
 * a clock of its own starts in 1970, or at the date of its image.
 */
export const EARLIEST_MS = Date.UTC(2026, 0, 1);

/** Two clocks are read at one moment when they are read within so many ms. */
const TOGETHER_MS = 0.1;
/** On a machine where that never happens, the best of so many reads has to do. */
const MOST_READS = 5;

/** setTimeout takes no more, and makes 1 ms of what is longer. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

/** Asked with each frame: `process` itself is a getter. */
const { hrtime } = process;

/** Not `performance.now()`: that loads eight modules of Node's, which takes a start 1.3 ms. */
function monotonicMs(): number {
  const [seconds, ns] = hrtime();
  return seconds * 1e3 + ns / 1e6;
}

/** The machine's own clock. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs,
  after(delayMs, callback) {
    let handle: NodeJS.Timeout;
    const wait = (leftMs: number): void => {
      const stepMs = Math.min(leftMs, LONGEST_TIMEOUT_MS);
      const next = leftMs > stepMs ? () => wait(leftMs - stepMs) : callback;
      handle = setTimeout(next, stepMs);
      handle.unref();
    };
    wait(delayMs);
    return { cancel: () => clearTimeout(handle) };
  },
};

/**
 * By how many ms the wall clock is ahead of the monotonic one. A process may be kept waiting between
 * two reads, by a busy machine or one that stands still, and takes that for a difference: so they
 * are read again unless they lie together.
 */
export function wallClockAheadMs(clock: Pick<Clock, 'nowMs' | 'monotonicMs'>): number {
  let aheadMs = 0;
  let leastApartMs = Number.POSITIVE_INFINITY;
  for (let reads = 0; reads < MOST_READS && leastApartMs > TOGETHER_MS; reads++) {
    const beforeMs = clock.monotonicMs();
    const wallMs = clock.nowMs();
    const apartMs = clock.monotonicMs() - beforeMs;
    if (apartMs >= leastApartMs) continue;
    leastApartMs = apartMs;
    aheadMs = wallMs - beforeMs;
  }
  return aheadMs;
}
