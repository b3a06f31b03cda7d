import type { UploaderSettings } from '../putmedia/uploader-api.ts';
import type { ResolvedDeviceInfo } from './info/device-info.ts';
import type { ProducerAccess } from './info/producer-options.ts';
import type { ResolvedStreamInfo } from './info/stream-info.ts';

/** Sessions are taken over before the token's 40 minutes are over (upstream). */
const MAX_SESSION_MS = 40 * 60 * 1000;

/**
 * What a stream's uploader has to know of stream, producer and the way to AWS. What it takes from the
 * stream has the stream's names.
 */
export function uploaderSettings(
  info: ResolvedStreamInfo,
  { name, clientInfo }: ResolvedDeviceInfo,
  access: ProducerAccess,
  env: Readonly<Record<string, string | undefined>>,
  contentType: () => string | Promise<string>,
): UploaderSettings {
  return {
    ...info,
    deviceName: name,
    contentType,
    waitsForClock: info.clockErrors === 'correct',
    connectTimeoutMs: clientInfo.serviceCallConnectionTimeoutMs,
    completionTimeoutMs: clientInfo.serviceCallCompletionTimeoutMs,
    apiCallCaching: clientInfo.apiCallCaching,
    apiCallCachingPeriodMs: clientInfo.apiCallCachingPeriodMs,
    backoff: clientInfo.retryStrategy,
    userAgent: access.userAgent,
    maxSessionMs: MAX_SESSION_MS,
    allowInsecureHttp: access.allowInsecureHttp,
    dumpDirectory: env['KVS_DEBUG_DUMP_DATA_FILE_DIR'] || undefined,
  };
}
