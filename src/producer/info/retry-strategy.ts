import { type BackoffOptions, DEFAULT_BACKOFF } from '../../putmedia/backoff.ts';
import { checkOneOf, checkRange } from './check.ts';

/** How long is waited before each retry (upstream's KvsRetryStrategy and its configuration). */
export type RetryStrategy = {
  /** First wait, doubled with each retry, ms; 50 to 1,000. */
  readonly factorMs?: number;
  /** No wait is longer, ms; 10,000 to 25,000. */
  readonly maxWaitMs?: number;
  /** So long without a retry, and the next one begins anew, ms; 90,000 to 120,000. */
  readonly resetAfterMs?: number;
  /** What chance adds to a wait: up to as much again, up to `fixedJitterMs`, nothing. */
  readonly jitter?: 'full' | 'fixed' | 'none';
  /** 50 to 600 ms. */
  readonly fixedJitterMs?: number;
  /**
   * A rule of one's own instead (upstream's executeRetryStrategyFn): ms to wait before the n-th
   * retry, from 1. `baseMs` is what the first wait would be: longer where the service answered and
   * refused. Less than 50 ms is taken as 50 ms.
   */
  readonly waitMs?: (attempt: number, baseMs: number) => number;
};

/**
 * Fills in the defaults and checks upstream's limits:
 * https://github.com/awslabs/amazon-kinesis-video-streams-pic/blob/c98c2a256a7bb3dfc4db41ae26d45e28ac7eec56/src/utils/include/com/amazonaws/kinesis/video/utils/Include.h#L1640-L1668
 * @throws KvsError STATUS_INVALID_ARG that names field, value and limits.
 */
export function resolveRetryStrategy(strategy: RetryStrategy = {}): BackoffOptions {
  const options: BackoffOptions = {
    baseMs: strategy.factorMs ?? DEFAULT_BACKOFF.baseMs,
    capMs: strategy.maxWaitMs ?? DEFAULT_BACKOFF.capMs,
    resetAfterMs: strategy.resetAfterMs ?? DEFAULT_BACKOFF.resetAfterMs,
    jitter: strategy.jitter ?? DEFAULT_BACKOFF.jitter,
    fixedJitterMs: strategy.fixedJitterMs ?? DEFAULT_BACKOFF.fixedJitterMs,
    waitMs: strategy.waitMs,
  };
  const check = (field: string, value: number, min: number, max: number): void =>
    checkRange(`clientInfo.retryStrategy.${field}`, value, min, max, 'STATUS_INVALID_ARG');
  checkOneOf('clientInfo.retryStrategy.jitter', options.jitter, ['full', 'fixed', 'none']);
  check('factorMs', options.baseMs, 50, 1_000);
  check('maxWaitMs', options.capMs, 10_000, 25_000);
  check('resetAfterMs', options.resetAfterMs, 90_000, 120_000);
  check('fixedJitterMs', options.fixedJitterMs, 50, 600);
  return options;
}
