import type { Clock } from '../runtime/clock.ts';
import type { MonotonicClock } from './monotonic.ts';
import type { OpenStream } from './stream-port.ts';

/** What every element of a host shares. */
export type HostContext = {
  readonly openStream: OpenStream;
  readonly clock: Clock;
  readonly monotonic: MonotonicClock;
};
