import type { Clock } from '../../runtime/clock.ts';
import type { OpenStream } from '../stream/stream-port.ts';
import type { MonotonicClock } from '../times/monotonic.ts';

/** What every element of a host shares. */
export type HostContext = {
  readonly openStream: OpenStream;
  readonly clock: Clock;
  readonly monotonic: MonotonicClock;
};
