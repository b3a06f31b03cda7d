import type { ClockSkew } from '../../aws/signing/clock-skew.ts';
import type { Clock, Random, Timer } from '../../runtime/clock.ts';

/** A rotation takes a control call and, at most, a fragment's length: it begins this much earlier. */
const LEAD_MS = 30_000;
/**
 * Below this no jitter is taken off, as upstream:
 * https://github.com/awslabs/amazon-kinesis-video-streams-pic/blob/c98c2a256a7bb3dfc4db41ae26d45e28ac7eec56/src/client/src/AuthIntegration.c#L116-L133
 */
const JITTER_FROM_MS = 5 * 60_000;
const MAX_JITTER_MS = 3 * 60_000;
const JITTER_RATIO = 0.1;

/**
 * When a new session should take over, in ms from now: before the service's limit, and before the
 * credentials run out. Up to a tenth of the time, at most three minutes, is taken off at random, so
 * that a fleet started together does not rotate together.
 */
export function rotateInMs(
  options: { maxSessionMs: number; expiresInMs: number | undefined },
  random: Random,
): number {
  const byExpiryMs = (options.expiresInMs ?? Infinity) - LEAD_MS;
  const remainingMs = Math.min(options.maxSessionMs, byExpiryMs);
  const jitterMs =
    remainingMs >= JITTER_FROM_MS
      ? random() * Math.min(remainingMs * JITTER_RATIO, MAX_JITTER_MS)
      : 0;
  // Credentials that are nearly over already: not at once, or each session would be the next's reason.
  return Math.max(remainingMs - jitterMs, Math.min(LEAD_MS, options.maxSessionMs));
}

/** Knows when the newest session is to be followed by another. */
export class Rotation {
  readonly #clock: Clock;
  readonly #skew: ClockSkew | undefined;
  readonly #random: Random;
  readonly #maxSessionMs: number;
  readonly #onDue: () => void;
  #timer: Timer | undefined;
  #isDue = false;

  constructor(options: {
    clock: Clock;
    /** The service's clock, by which credentials end; the machine's may be far from it. */
    skew: ClockSkew | undefined;
    random: Random;
    maxSessionMs: number;
    /** Called once per schedule, when a session should take over. */
    onDue: () => void;
  }) {
    this.#clock = options.clock;
    this.#skew = options.skew;
    this.#random = options.random;
    this.#maxSessionMs = options.maxSessionMs;
    this.#onDue = options.onDue;
  }

  /** A session should take over, and none has yet. */
  get isDue(): boolean {
    return this.#isDue;
  }

  /** How long a session may go on that is opened now with credentials that end then. */
  lifeMs(expiration: Date | undefined): number {
    const nowMs = this.#skew?.now().getTime() ?? this.#clock.nowMs();
    const expiresInMs = expiration && expiration.getTime() - nowMs;
    return rotateInMs({ maxSessionMs: this.#maxSessionMs, expiresInMs }, this.#random);
  }

  /** Counts from now, for a session that was opened with credentials that end then. */
  schedule(expiration: Date | undefined): void {
    this.clear();
    this.#timer = this.#clock.after(this.lifeMs(expiration), () => {
      this.#isDue = true;
      this.#onDue();
    });
  }

  /** There is nothing to rotate, or it has been done. */
  clear(): void {
    this.#timer?.cancel();
    this.#isDue = false;
  }
}
