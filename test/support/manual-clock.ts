import type { Clock, Timer } from '../../src/runtime/clock.ts';

type Entry = { readonly atMs: number; readonly order: number; readonly callback: () => void };

/**
 * Lets what is under way on real sockets happen: several turns of the event loop and a pause. On a
 * machine that is busy with other things a pause takes longer than asked for: then more is waited.
 */
export async function settle(turns = 2): Promise<void> {
  let extra = 20;
  for (let turn = 0; turn < turns; turn++) {
    const startedMs = performance.now();
    for (let immediate = 0; immediate < 4; immediate++) {
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    await new Promise<void>((resolve) => setTimeout(resolve, 1));
    if (performance.now() - startedMs > 5 && extra-- > 0) turn -= 1;
  }
}

/** Time that passes only when a test says so. */
export class ManualClock implements Clock {
  #nowMs: number;
  #order = 0;
  #entries: Entry[] = [];
  readonly #startMs: number;

  /** @param start Epoch ms, or a time as ISO 8601 has it. */
  constructor(start: number | string = 1_795_000_000_000) {
    this.#startMs = new Date(start).getTime();
    this.#nowMs = this.#startMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs - this.#startMs;
  }

  after(delayMs: number, callback: () => void): Timer {
    const entry = { atMs: this.#nowMs + Math.max(0, delayMs), order: this.#order++, callback };
    this.#entries.push(entry);
    return {
      cancel: () => {
        this.#entries = this.#entries.filter((other) => other !== entry);
      },
    };
  }

  /** Passes the time and calls what is due, in order, without letting any I/O happen between. */
  pass(ms: number): void {
    const untilMs = this.#nowMs + ms;
    let calls = 0;
    for (let next = this.#nextDue(untilMs); next !== undefined; next = this.#nextDue(untilMs)) {
      if (++calls > 100_000) throw new Error(`timers fire without end at ${this.#nowMs}`);
      this.#fire(next);
    }
    this.#nowMs = untilMs;
  }

  /**
   * A process that was stopped, or a machine that slept: the time is over at once, and what became
   * due is called, each once, before any I/O.
   */
  jump(ms: number): void {
    this.#nowMs += ms;
    const due = this.#entries.filter(({ atMs }) => atMs <= this.#nowMs);
    this.#entries = this.#entries.filter(({ atMs }) => atMs > this.#nowMs);
    for (const { callback } of due.toSorted((a, b) => a.atMs - b.atMs || a.order - b.order)) {
      callback();
    }
  }

  /** Milliseconds until the next timer; undefined if none is set. */
  get nextTimerMs(): number | undefined {
    const next = this.#nextDue(Number.POSITIVE_INFINITY);
    return next && next.atMs - this.#nowMs;
  }

  /** Passes the time and calls what is due, in order; promises settle before and after each. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    await promisesSettled();
    for (let next = this.#nextDue(untilMs); next !== undefined; next = this.#nextDue(untilMs)) {
      this.#fire(next);
      await promisesSettled();
    }
    this.#nowMs = untilMs;
    await promisesSettled();
  }

  /**
   * Passes the time in steps with I/O between them, until `condition` or the time is over. If it is
   * over, what is still on its way gets a few real seconds to arrive.
   */
  async run(ms: number, condition?: () => boolean, stepMs = 100): Promise<boolean> {
    await settle();
    for (let passedMs = 0; passedMs < ms && !condition?.(); passedMs += stepMs) {
      this.pass(Math.min(stepMs, ms - passedMs));
      await settle(1);
    }
    const deadlineMs = performance.now() + 5_000;
    while (condition !== undefined && !condition() && performance.now() < deadlineMs) {
      await settle(1);
    }
    return condition?.() ?? true;
  }

  #fire(entry: Entry): void {
    this.#nowMs = Math.max(this.#nowMs, entry.atMs);
    this.#entries.splice(this.#entries.indexOf(entry), 1);
    entry.callback();
  }

  #nextDue(untilMs: number): Entry | undefined {
    let next: Entry | undefined;
    for (const entry of this.#entries) {
      const isEarlier =
        next === undefined ||
        entry.atMs < next.atMs ||
        (entry.atMs === next.atMs && entry.order < next.order);
      if (entry.atMs <= untilMs && isEarlier) next = entry;
    }
    return next;
  }
}

/** Everything that waits for nothing but other promises has run. */
function promisesSettled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
