import type { Clock, Random } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { CallLimits, MediaCalls } from './media-calls.ts';

/** What the iterations of one consumer share. */
export type ConsumerContext = {
  readonly calls: MediaCalls;
  readonly limits: CallLimits;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
};
