import { systemClock } from '../runtime/clock.ts';
import type { CredentialOverrides } from './credential-overrides.ts';
import type { HostContext } from './element-session.ts';
import { watchHealth } from './health-watch.ts';
import { monotonicClock } from './monotonic.ts';
import { streamOpener } from './open-stream.ts';

/** What the elements of this process share, on the machine's own clocks. */
export function createHostContext(credentials: CredentialOverrides = {}): HostContext {
  const clock = systemClock;
  const openStream = streamOpener(process.env, clock, credentials);
  const healthFile = process.env['KVS_HEALTH_FILE'];
  return {
    clock,
    monotonic: monotonicClock(clock),
    openStream: healthFile ? watchHealth(openStream, healthFile, clock) : openStream,
  };
}
