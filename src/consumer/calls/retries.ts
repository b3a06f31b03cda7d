import { asKvsError, type KvsError } from '../../errors/kvs-error.ts';
import { STATUS } from '../../errors/status.ts';
import { Backoff } from '../../putmedia/backoff.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { ConsumerContext } from './consumer-context.ts';

/** Why a call is made again, and where it goes on. */
export type ConsumerReconnect = {
  /** Undefined when the service ended its answer. */
  readonly error: Error | undefined;
  /** The last fragment that was handed out. */
  readonly afterFragmentNumber: string | undefined;
  readonly waitMs: number;
};

/** What Retries is made with. */
export type RetryOptions = {
  /** The operation, for the log. */
  readonly operation: string;
  readonly signal: AbortSignal;
  readonly onReconnect?: ((reconnect: ConsumerReconnect) => void) | undefined;
  /** So many failures in a row, and the last one is thrown; without end by default. */
  readonly most?: number | undefined;
  /** As `most`, for a fragment that is not found in the midst of an answer; 0 by default. */
  readonly mostNotFound?: number | undefined;
};

/** Decides whether a call that failed is made again, and waits for the time. */
export class Retries {
  readonly #context: ConsumerContext;
  readonly #options: RetryOptions;
  readonly #backoff: Backoff;

  constructor(context: ConsumerContext, options: RetryOptions) {
    this.#context = context;
    this.#options = options;
    this.#backoff = new Backoff(context.clock, context.random);
  }

  /** Something came: the next wait is the first one again. */
  reset(): void {
    this.#backoff.reset();
  }

  /**
   * Waits until it is time for the next call.
   * @param thrown undefined when the service ended its answer
   * @throws KvsError `thrown`, where no waiting cures it, there were too many, or it is aborted
   */
  async wait(thrown: unknown, afterFragmentNumber: string | undefined): Promise<void> {
    const { calls, clock, log } = this.#context;
    const { operation, signal, onReconnect } = this.#options;
    const error = thrown === undefined ? undefined : asKvsError(thrown);
    if (error !== undefined) {
      if (signal.aborted || this.#backoff.attempt >= this.#mostFor(error)) throw error;
      calls.forgetEndpoints();
    }
    const waitMs = this.#backoff.next();
    const what = { operation, error: error?.message, afterFragmentNumber, waitMs };
    log.info('the call is made again', what);
    onReconnect?.({ error, afterFragmentNumber, waitMs });
    await pause(clock, waitMs, signal);
  }

  /** How many failures in a row may be like this one; what does not pass, the caller has to know. */
  #mostFor(error: KvsError): number {
    const { most = Number.POSITIVE_INFINITY, mostNotFound = 0 } = this.#options;
    const { failure } = error;
    if (failure?.kind === 'not-found' && failure.httpStatus === undefined) return mostNotFound;
    return isPassing(error) ? most : 0;
  }
}

/** Whether it may be gone when the call is made again. */
function isPassing({ failure, status }: KvsError): boolean {
  switch (failure?.kind) {
    case undefined:
      // An answer may end within a fragment; media that cannot be read stays so.
      return status === STATUS.STATUS_UNEXPECTED_EOF.value;
    case 'network':
    case 'timeout':
    case 'throttled':
    case 'service':
    case 'in-use':
    case 'wrong-endpoint':
      return true;
    default:
      return false;
  }
}

/** Waits; shorter, if it is aborted. */
function pause(clock: Clock, waitMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      timer.cancel();
      clearInterval(alive);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = clock.after(waitMs, done);
    // The clock's timers do not keep a process alive; a loop that waits for media does.
    const alive = setInterval(() => {}, 2 ** 30);
    if (signal.aborted) done();
    else signal.addEventListener('abort', done);
  });
}
