import type { Clock, Timer } from '../../src/runtime/clock.ts';

/** A clock that moves only when told to. */
export class FakeClock implements Clock {
  #nowMs: number;
  #timers: { atMs: number; callback: () => void }[] = [];

  constructor(start = '2026-11-21T12:00:00Z') {
    this.#nowMs = Date.parse(start);
  }

  nowMs(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, callback: () => void): Timer {
    const timer = { atMs: this.#nowMs + delayMs, callback };
    this.#timers.push(timer);
    return {
      cancel: () => {
        this.#timers = this.#timers.filter((other) => other !== timer);
      },
    };
  }

  /** Milliseconds until the next timer; undefined if none is set. */
  get nextTimerMs(): number | undefined {
    const times = this.#timers.map(({ atMs }) => atMs - this.#nowMs);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  /** Moves on, runs what has become due in its order, and lets promises settle in between. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    await settled();
    for (;;) {
      const due = this.#timers.filter(({ atMs }) => atMs <= untilMs);
      const [next] = due.sort((a, b) => a.atMs - b.atMs);
      if (next === undefined) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.callback();
      await settled();
    }
    this.#nowMs = untilMs;
    await settled();
  }
}

/** Everything that waits for nothing but other promises has run. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
