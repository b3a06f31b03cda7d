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
  /** Calls `callback` once, `delayMs` from now. Never keeps the process alive. */
  after(delayMs: number, callback: () => void): Timer;
};

/** A number in [0, 1), as Math.random gives it. */
export type Random = () => number;

/** The machine's own clock. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(delayMs, callback) {
    const handle = setTimeout(callback, delayMs);
    handle.unref();
    return { cancel: () => clearTimeout(handle) };
  },
};
