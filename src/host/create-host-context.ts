import { type Clock, systemClock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import type { HostContext } from './element/host-context.ts';
import { watchHealth } from './health/health-watch.ts';
import { sendStatus } from './status/status-link.ts';
import { StatusWatch } from './status/status-watch.ts';
import type { CredentialOverrides } from './stream/credential-overrides.ts';
import { streamOpener } from './stream/open-stream.ts';
import { monotonicClock } from './times/monotonic.ts';

/**
 * What the elements of this process share, on the machine's own clocks.
 * @param log gets every element's lines besides GStreamer's debug log.
 * @param status watches the streams that are opened.
 */
export function createHostContext(
  credentials: CredentialOverrides = {},
  log?: Logger,
  status?: StatusWatch,
): HostContext {
  const clock = systemClock;
  const watch = status ?? linkedWatch(clock);
  const opener = streamOpener(process.env, clock, credentials, log);
  const openStream = watch === undefined ? opener : watch.observe(opener);
  const healthFile = process.env['KVS_HEALTH_FILE'];
  return {
    clock,
    monotonic: monotonicClock(clock),
    openStream: healthFile ? watchHealth(openStream, healthFile, clock) : openStream,
  };
}

/** For a kvs-launch that shows the figures of the gst-launch-1.0 that it has started. */
function linkedWatch(clock: Clock): StatusWatch | undefined {
  const socket = process.env['KVS_STATUS_SOCKET'];
  if (!socket) return undefined;
  const watch = new StatusWatch();
  sendStatus(watch, socket, clock);
  return watch;
}
