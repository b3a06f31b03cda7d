import { type AccessSettings, createAwsAccess } from '../aws/aws-access.ts';
import { credentialSettings } from '../aws/credentials/given-credentials.ts';
import type { ResolvedDeviceInfo } from './info/device-info.ts';
import type { ProducerAccess, ProducerOptions } from './info/producer-options.ts';

/** What a way to AWS takes from the producer that opens it. */
export type AccessContext = Pick<AccessSettings, 'clock' | 'random' | 'log' | 'onRefreshFailed'> & {
  readonly deviceInfo: ResolvedDeviceInfo;
};

/** Opens the way to AWS that the options describe. @throws KvsError when there is none. */
export async function openAccess(
  options: ProducerOptions,
  context: AccessContext,
): Promise<ProducerAccess> {
  if (options.access !== undefined) return options.access;
  const { deviceInfo, ...rest } = context;
  const { clientInfo } = deviceInfo;
  return createAwsAccess({
    ...credentialSettings(options.credentials),
    region: options.region,
    endpoint: options.endpoint,
    caFile: options.caFile,
    userAgent: options.userAgent,
    allowInsecureHttp: options.allowInsecureHttp,
    connectTimeoutMs: clientInfo.serviceCallConnectionTimeoutMs,
    completionTimeoutMs: clientInfo.serviceCallCompletionTimeoutMs,
    env: options.env ?? process.env,
    shared: options.shared,
    ...rest,
  });
}
