import type { KvsError } from '../../errors/kvs-error.ts';
import type { Clock, Random } from '../../runtime/clock.ts';
import { Backoff, type BackoffOptions } from '../backoff.ts';
import type { AckErrorAction } from '../session/ack-errors.ts';
import {
  exhausted,
  type FailureDecision,
  type FailureHistory,
  failureClass,
  type Invalidated,
  MAX_TRIES_WITHOUT_RECOVERY,
  sessionFailure,
  setupFailure,
} from './failure-policy.ts';
import type { SetupState } from './stream-setup.ts';

/** What follows from a failure. */
export type RecoveryStep =
  | { readonly kind: 'fatal' }
  | {
      readonly kind: 'retry';
      readonly invalidate: readonly Invalidated[];
      readonly delayMs: number;
      readonly attempt: number;
    };

/** After an error acknowledgement that asks for the fragment again. */
const ACK_RETRY_BASE_MS = 500;

type Failures = { readonly class: string; readonly count: number };
const NONE: Failures = { class: '', count: 0 };

function oneMore(failures: Failures, error: KvsError): Failures {
  const name = failureClass(error);
  return { class: name, count: failures.class === name ? failures.count + 1 : 1 };
}

/** One stream's memory of what failed, and with it the policy's history and the back-off. */
export class Recovery {
  readonly #backoff: Backoff;
  readonly #restartOnError: boolean;
  readonly #isTimeKnown: () => boolean;
  #wasReady = false;
  #wasAccepted = false;
  #setupFailures = NONE;
  #sessionFailures = NONE;

  constructor(
    clock: Clock,
    random: Random,
    options: {
      restartOnError: boolean;
      backoff?: BackoffOptions | undefined;
      /** See FailureHistory. */
      isTimeKnown?: () => boolean;
    },
  ) {
    const { restartOnError, backoff, isTimeKnown = () => true } = options;
    this.#backoff = new Backoff(clock, random, backoff);
    this.#restartOnError = restartOnError;
    this.#isTimeKnown = isTimeKnown;
  }

  /** The stream has been ready once. */
  get wasReady(): boolean {
    return this.#wasReady;
  }

  /** Number of the try that is made, or waited for. */
  get attempt(): number {
    return this.#backoff.attempt + 1;
  }

  /** The control plane has given everything that was asked of it. */
  onReady(): void {
    this.#wasReady = true;
    this.#setupFailures = NONE;
  }

  /** A PutMedia was answered 200. */
  onAccepted(): void {
    this.#wasAccepted = true;
    this.#sessionFailures = NONE;
  }

  /** A session got something settled: whatever ends it, the next try need not wait for long. */
  onProgress(): void {
    this.#backoff.reset();
  }

  /** The stream is not active yet: how long to wait before asking again, in ms. */
  afterPending(): number {
    return this.#backoff.next();
  }

  afterSetup(step: SetupState['kind'], error: KvsError): RecoveryStep {
    this.#setupFailures = oneMore(this.#setupFailures, error);
    return this.#step(setupFailure(step, error, this.#history(this.#setupFailures.count)));
  }

  /**
   * The error as it is to be reported: once upstream would have given up (six tries), under the
   * name that upstream gives up with.
   */
  named(step: SetupState['kind'], error: KvsError): KvsError {
    return this.#setupFailures.count % MAX_TRIES_WITHOUT_RECOVERY === 0
      ? exhausted(step, error, this.#setupFailures.count)
      : error;
  }

  afterSession(error: KvsError, isAccepted: boolean): RecoveryStep {
    this.#sessionFailures = oneMore(this.#sessionFailures, error);
    const history = this.#history(this.#sessionFailures.count);
    return this.#step(sessionFailure(error, isAccepted, history));
  }

  afterErrorAck(action: AckErrorAction): RecoveryStep {
    if (action === 'fatal' || (action !== 'rotate' && !this.#restartOnError)) {
      return { kind: 'fatal' };
    }
    if (action === 'rotate') {
      return { kind: 'retry', invalidate: [], delayMs: 0, attempt: this.attempt };
    }
    const delayMs = this.#backoff.next(action === 'retry' ? ACK_RETRY_BASE_MS : undefined);
    return { kind: 'retry', invalidate: [], delayMs, attempt: this.attempt };
  }

  #history(inARow: number): FailureHistory {
    return {
      wasReady: this.#wasReady,
      wasAccepted: this.#wasAccepted,
      inARow,
      restartOnError: this.#restartOnError,
      isTimeKnown: this.#isTimeKnown(),
    };
  }

  #step(decision: FailureDecision): RecoveryStep {
    if (decision.kind === 'fatal') return decision;
    const { invalidate, baseMs, capMs, minimumMs } = decision;
    const delayMs = Math.max(this.#backoff.next(baseMs, capMs), minimumMs);
    return { kind: 'retry', invalidate, delayMs, attempt: this.attempt };
  }
}
