import { systemClock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import type { HostContext } from './element/host-context.ts';
import { watchHealth } from './health/health-watch.ts';
import type { CredentialOverrides } from './stream/credential-overrides.ts';
import { streamOpener } from './stream/open-stream.ts';
import { monotonicClock } from './times/monotonic.ts';

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
