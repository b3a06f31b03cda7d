import { type AwsAccess, createAwsAccess } from '../../../aws/aws-access.ts';
import type { CredentialProperties } from '../../../aws/credentials/credential-settings.ts';
import { proxyFor } from '../../../aws/network/proxy.ts';
import { type Endpoint, resolveEndpoint } from '../../../aws/settings/endpoints.ts';
import type { Environment } from '../../../aws/settings/environment.ts';
import { type Region, resolveRegion } from '../../../aws/settings/region.ts';
import { systemClock } from '../../../runtime/clock.ts';
import { silentLogger } from '../../../runtime/logger.ts';

/** Each call and each connection; what takes longer is no use to a live stream. */
const CALL_MS = 8_000;

/** Whose service is looked at, and with whose credentials: a pipeline's kvssink, or options. */
export type ServiceTarget = {
  readonly region?: string | undefined;
  readonly endpoint?: string | undefined;
  readonly caFile?: string | undefined;
  readonly allowInsecureHttp?: boolean | undefined;
  readonly credentials: CredentialProperties;
  readonly streamName?: string | undefined;
  readonly streamArn?: string | undefined;
  readonly allowStreamCreation: boolean;
};

/** The way to the service that the producer would take, and how it was found. */
export type ServiceWay = {
  readonly target: ServiceTarget;
  readonly region: Region;
  readonly endpoint: Endpoint;
  readonly proxy: URL | undefined;
  readonly access: AwsAccess;
};

/**
 * Finds it as the producer does. Nothing is connected yet.
 * @throws KvsError for settings that cannot work.
 */
export async function serviceWay(target: ServiceTarget, env: Environment): Promise<ServiceWay> {
  const { credentials, endpoint: given, allowInsecureHttp } = target;
  const clock = systemClock;
  const { profile } = credentials;
  const region = await resolveRegion({ property: target.region, profile, env, clock });
  const endpoint = resolveEndpoint({
    region: region.region,
    env,
    endpoint: given,
    profile,
    allowInsecureHttp:
      allowInsecureHttp === true || /^true/i.test(env['KVS_ALLOW_INSECURE_HTTP'] ?? ''),
  });
  const access = await createAwsAccess({
    credentials,
    streamName: target.streamName,
    region: target.region,
    endpoint: given,
    caFile: target.caFile,
    allowInsecureHttp,
    connectTimeoutMs: CALL_MS,
    completionTimeoutMs: CALL_MS,
    env,
    clock,
    random: Math.random,
    log: silentLogger,
  });
  return { target, region, endpoint, proxy: proxyFor(endpoint.url, env), access };
}
