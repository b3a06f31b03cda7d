import { systemClock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import type { CredentialOverrides } from './credential-overrides.ts';
import { watchHealth } from './health-watch.ts';
import type { HostContext } from './host-context.ts';
import { monotonicClock } from './monotonic.ts';
import { streamOpener } from './open-stream.ts';

/**
 * What the elements of this process share, on the machine's own clocks.
 * @param log gets every element's lines besides GStreamer's debug log.
 */
export function createHostContext(
  credentials: CredentialOverrides = {},
  log?: Logger,
): HostContext {
  const clock = systemClock;
  const openStream = streamOpener(process.env, clock, credentials, log);
  const healthFile = process.env['KVS_HEALTH_FILE'];
  return {
    clock,
    monotonic: monotonicClock(clock),
    openStream: healthFile ? watchHealth(openStream, healthFile, clock) : openStream,
  };
}
