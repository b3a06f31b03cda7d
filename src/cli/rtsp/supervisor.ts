import type { Clock, Random, Timer } from '../../runtime/clock.ts';
import { durationText } from '../../runtime/duration-text.ts';
import type { Logger } from '../../runtime/logger.ts';

/** One try: a pipeline that streams until it ends. */
export type SupervisedRun = {
  /** The exit code. Rejects when no other try would do better. */
  readonly ended: Promise<number>;
  /** Asks it to send everything and end. A second time: to end at once, whatever becomes of it. */
  stop(): void;
};

/** What a supervisor needs of the world. */
export type SupervisorContext = {
  /** @param exitCode of the attempt before it; undefined for the first. */
  readonly start: (exitCode: number | undefined) => SupervisedRun;
  /** Whether the attempt has given nothing for too long; asked once a second. */
  readonly isStalled: () => boolean;
  /** How long an attempt may take to send what it has, before it is ended at once. */
  readonly graceMs: number;
  readonly clock: Clock;
  readonly random: Random;
  /** For people; a line without its end. */
  readonly log: (line: string) => void;
  /** For whoever looks for a fault. */
  readonly debug: Logger['debug'];
};

/** The first wait, and the longest, each with jitter between half and whole. */
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 60_000;
/** An attempt that lasted so long was a success: the next wait is the first one again. */
const GOOD_AFTER_MS = 60_000;
const STALL_CHECK_MS = 1_000;

type State =
  | { readonly kind: 'idle' }
  | { readonly kind: 'running'; readonly attempt: SupervisedRun }
  /** It gave nothing any more and was asked to end. */
  | { readonly kind: 'ending-stalled'; readonly attempt: SupervisedRun }
  /** For the next attempt. */
  | { readonly kind: 'waiting'; readonly timer: Timer; readonly wake: () => void }
  /** No other attempt follows. */
  | { readonly kind: 'stopping'; readonly attempt: SupervisedRun }
  | { readonly kind: 'stopped' };

/** How long to wait after so many failures in a row. */
export function waitAfterMs(failures: number, random: Random): number {
  const longest = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(failures - 1, 10));
  return Math.round(longest * (0.5 + random() / 2));
}

/**
 * Keeps something running: when an attempt ends by itself, the next one starts after a wait that
 * grows while they fail. One that gives nothing any more, or does not end when it is asked to, is
 * given up after a while, so that it cannot keep the next one, or the end, from coming.
 */
export class Supervisor {
  readonly #context: SupervisorContext;
  #state: State = { kind: 'idle' };

  constructor(context: SupervisorContext) {
    this.#context = context;
  }

  /**
   * Runs until `stop`. Call once.
   * @returns the exit code of the attempt that was stopped.
   * @throws what `ended` of an attempt rejects with; no other follows.
   */
  async run(): Promise<number> {
    try {
      return await this.#keepRunning();
    } finally {
      if (this.#state.kind !== 'stopped') this.#to({ kind: 'stopped' });
    }
  }

  async #keepRunning(): Promise<number> {
    const { clock, random, log, start } = this.#context;
    let failures = 0;
    let exitCode: number | undefined;
    while (!this.#isStopping()) {
      const attempt = start(exitCode);
      const sinceMs = clock.monotonicMs();
      this.#to({ kind: 'running', attempt });
      this.#watch(attempt);
      exitCode = await attempt.ended;
      if (this.#isStopping()) return exitCode;
      const lastedMs = clock.monotonicMs() - sinceMs;
      failures = lastedMs >= GOOD_AFTER_MS ? 1 : failures + 1;
      const waitMs = waitAfterMs(failures, random);
      const why = exitCode === 0 ? 'The camera ended the stream' : `Ended with ${exitCode}`;
      log(`${why}; connecting again in ${durationText(waitMs)} [failures:${failures}]`);
      await this.#wait(waitMs);
    }
    return 0;
  }

  /** First time: everything is sent, then the end. Second time: the end at once. */
  stop(): void {
    const state = this.#state;
    switch (state.kind) {
      case 'running':
        this.#to({ kind: 'stopping', attempt: state.attempt });
        this.#end(state.attempt);
        break;
      case 'ending-stalled':
        // It is asked to end already, and asked again would leave behind what it has to send.
        this.#to({ kind: 'stopping', attempt: state.attempt });
        break;
      case 'stopping':
        state.attempt.stop();
        break;
      case 'waiting':
        this.#to({ kind: 'stopped' });
        state.timer.cancel();
        state.wake();
        break;
      case 'idle':
        this.#to({ kind: 'stopped' });
        break;
      case 'stopped':
        break;
    }
  }

  #isStopping(): boolean {
    return this.#state.kind === 'stopping' || this.#state.kind === 'stopped';
  }

  #to(state: State): void {
    this.#context.debug(`rtsp: ${this.#state.kind} -> ${state.kind}`);
    this.#state = state;
  }

  #wait(waitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#context.clock.after(waitMs, resolve);
      this.#to({ kind: 'waiting', timer, wake: resolve });
    });
  }

  /** Asks an attempt to end, and insists after a while. */
  #end(attempt: SupervisedRun): void {
    const { clock, graceMs } = this.#context;
    attempt.stop();
    const insist = clock.after(graceMs, () => attempt.stop());
    const ended = (): void => insist.cancel();
    attempt.ended.then(ended, ended);
  }

  #watch(attempt: SupervisedRun): void {
    const { clock, isStalled, log } = this.#context;
    const check = (): void => {
      if (this.#state.kind !== 'running' || this.#state.attempt !== attempt) return;
      if (!isStalled()) {
        clock.after(STALL_CHECK_MS, check);
        return;
      }
      log('The camera sends no more frames; ending this connection');
      this.#to({ kind: 'ending-stalled', attempt });
      this.#end(attempt);
    };
    clock.after(STALL_CHECK_MS, check);
  }
}
