import { KvsError } from '../../errors/kvs-error.ts';
import type { Clock, Random, Timer } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { AwsCredentials, CredentialProvider } from '../signing/aws-credentials.ts';
import type { ClockSkew } from '../signing/clock-skew.ts';
import type { RefreshFailure } from './credential-settings.ts';

/** Upstream fetches anew when less than this is left: 30 s of grace, 5 s call, 3 s connection. */
const MARGIN_MS = 38_000;

/** A session must be able to open with what get() returns; less than this is as good as expired. */
const UNUSABLE_MS = 5_000;

/** Back-off between refreshes that fail in the background. */
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 60_000;

/** Sources that answer with the same credentials again (they rotate later) are asked no more often. */
const SAME_AGAIN_MS = 300_000;

/** What a refreshing provider is made of. */
export type RefreshingOptions = {
  /** Its name; may change once it is known which of several sources answered. */
  readonly name: () => string;
  /** Fetches credentials; rejects with a KvsError that says what was looked for and where. */
  readonly fetch: () => Promise<AwsCredentials>;
  /** True when what fetch would return has changed; asked with each get(). */
  readonly changed?: () => Promise<boolean>;
  /** Fetched anew after at most this long, in ms, even if they would serve longer. */
  readonly maxAgeMs: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly skew: ClockSkew;
  readonly onRefreshFailed?: ((failure: RefreshFailure) => void) | undefined;
};

type State =
  | { readonly kind: 'empty' }
  | {
      readonly kind: 'held';
      readonly credentials: AwsCredentials;
      /** Service time in ms when the next fetch is due; pushed back by failures. */
      readonly refreshAtMs: number;
      /** Fetches that failed since the last that did not. */
      readonly failures: number;
    }
  | { readonly kind: 'closed' };

/**
 * Holds credentials and fetches new ones before they run out: one fetch at a time, by a timer, so
 * that get() has an answer at hand. A fetch that fails is repeated with back-off, and the old
 * credentials serve as long as they are valid.
 */
export class RefreshingProvider implements CredentialProvider {
  readonly #options: RefreshingOptions;
  #state: State = { kind: 'empty' };
  #fetching: Promise<AwsCredentials> | undefined;
  #timer: Timer | undefined;

  constructor(options: RefreshingOptions) {
    this.#options = options;
  }

  get name(): string {
    return this.#options.name();
  }

  async get(options: { forceRefresh?: boolean } = {}): Promise<AwsCredentials> {
    const state = this.#state;
    const held = state.kind === 'held' ? state.credentials : undefined;
    if (held === undefined || options.forceRefresh === true || !this.#isUsable(held)) {
      return this.#refresh();
    }
    if (this.#isDue() || (await this.#options.changed?.())) {
      // Refused or not, what is held still serves.
      return this.#refresh().catch(() => held);
    }
    return held;
  }

  /** Stops refreshing. get() goes on to work, but fetches only when asked. */
  close(): void {
    this.#timer?.cancel();
    this.#state = { kind: 'closed' };
  }

  #nowMs(): number {
    return this.#options.skew.now().getTime();
  }

  #isUsable({ expiration }: AwsCredentials): boolean {
    return expiration === undefined || expiration.getTime() - this.#nowMs() > UNUSABLE_MS;
  }

  #isDue(): boolean {
    return this.#state.kind === 'held' && this.#nowMs() >= this.#state.refreshAtMs;
  }

  /** One fetch for all who wait for one. */
  #refresh(): Promise<AwsCredentials> {
    this.#fetching ??= this.#fetch().finally(() => {
      this.#fetching = undefined;
    });
    return this.#fetching;
  }

  async #fetch(): Promise<AwsCredentials> {
    try {
      const credentials = await this.#options.fetch();
      this.#take(credentials);
      return credentials;
    } catch (error) {
      const failure = error instanceof Error ? error : new Error(String(error));
      this.#failed(failure);
      throw failure;
    }
  }

  #take(credentials: AwsCredentials): void {
    const before = this.#state.kind === 'held' ? this.#state.credentials : undefined;
    const nowMs = this.#nowMs();
    const waitMs = this.#untilNextFetch(credentials, before, nowMs);
    this.#options.log.info('credentials fetched', {
      provider: this.name,
      expires: credentials.expiration?.toISOString(),
      nextFetchInSeconds: Math.round(waitMs / 1000),
    });
    if (this.#state.kind !== 'closed') {
      this.#hold({ kind: 'held', credentials, refreshAtMs: nowMs + waitMs, failures: 0 }, waitMs);
    }
  }

  /** Upstream's jitter of 1 … 20 % of what is left, and its margin; at half-time if that is little. */
  #untilNextFetch(now: AwsCredentials, before: AwsCredentials | undefined, nowMs: number): number {
    const { maxAgeMs, random } = this.#options;
    if (now.expiration === undefined) return maxAgeMs;
    const leftMs = Math.max(0, now.expiration.getTime() - nowMs);
    const sameAgain = before?.expiration?.getTime() === now.expiration.getTime();
    if (sameAgain) return Math.min(maxAgeMs, SAME_AGAIN_MS, Math.max(FIRST_RETRY_MS, leftMs / 2));
    const jittered = leftMs * (1 - (0.01 + 0.19 * random())) - MARGIN_MS;
    return Math.min(maxAgeMs, Math.max(jittered, leftMs / 2, FIRST_RETRY_MS));
  }

  #failed(error: Error): void {
    const { random, log, onRefreshFailed } = this.#options;
    const state = this.#state;
    const failures = state.kind === 'held' ? state.failures : 0;
    const ceilingMs = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** failures);
    const nextTryInMs = Math.round(ceilingMs * (0.5 + random() / 2));
    const validForMs =
      state.kind === 'held'
        ? Math.max(0, (state.credentials.expiration?.getTime() ?? Infinity) - this.#nowMs())
        : 0;
    log.warn(error instanceof KvsError ? error.describe() : error.message, {
      provider: this.name,
      validForSeconds: Number.isFinite(validForMs) ? Math.round(validForMs / 1000) : undefined,
      nextTryInMs: state.kind === 'held' ? nextTryInMs : undefined,
    });
    if (state.kind === 'held') {
      const refreshAtMs = this.#nowMs() + nextTryInMs;
      this.#hold({ ...state, refreshAtMs, failures: failures + 1 }, nextTryInMs);
    }
    onRefreshFailed?.({ provider: this.name, error, validForMs, nextTryInMs });
  }

  #hold(state: State, waitMs: number): void {
    this.#state = state;
    this.#timer?.cancel();
    this.#timer = this.#options.clock.after(waitMs, () => {
      // A failure has been reported and sets the next timer by itself.
      this.#refresh().catch(() => {});
    });
  }
}
