import type { Clock, Random } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import { type AwsControlPlane, createControlPlane } from './control-plane.ts';
import type { CredentialProperties, RefreshFailure } from './credentials/credential-settings.ts';
import type { Agents } from './network/agents.ts';
import { resolveEndpoint } from './settings/endpoints.ts';
import { type Environment, isTrue } from './settings/environment.ts';
import { resolveRegion } from './settings/region.ts';
import { userAgent } from './settings/user-agent.ts';
import { SharedParts } from './shared-parts.ts';
import type { CredentialProvider } from './signing/aws-credentials.ts';
import type { ClockSkew } from './signing/clock-skew.ts';

/** What one stream's way to AWS is made from: properties as the user gave them, and the environment. */
export type AccessSettings = {
  readonly credentials: CredentialProperties;
  /** An application's own source of credentials, instead of all others. */
  readonly credentialProvider?: CredentialProvider | undefined;
  /** The thing name where neither `iot-certificate` nor a property has one. */
  readonly streamName?: string | undefined;
  /** `aws-region`, only if somebody has set it: its default must not hide AWS_REGION. */
  readonly region?: string | undefined;
  readonly endpoint?: string | undefined;
  readonly caFile?: string | undefined;
  /** The `user-agent` property: name and version, at most 32 characters. */
  readonly userAgent?: string | undefined;
  readonly connectTimeoutMs: number;
  readonly completionTimeoutMs: number;
  /** Plain http to another machine; KVS_ALLOW_INSECURE_HTTP=true says the same. */
  readonly allowInsecureHttp?: boolean | undefined;
  readonly env: Environment;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** What the ways to AWS of a process share; by default nothing. */
  readonly shared?: SharedParts | undefined;
  /** Told when a refresh of the credentials fails, whether or not the old ones still serve. */
  readonly onRefreshFailed?: ((failure: RefreshFailure) => void) | undefined;
};

/** Everything a producer needs of AWS, sharing one trust, one proxy and one measure of the clock. */
export type AwsAccess = {
  readonly region: string;
  readonly credentials: CredentialProvider;
  readonly controlPlane: AwsControlPlane;
  readonly agents: Agents;
  readonly clockSkew: ClockSkew;
  /** The whole User-Agent header, for PutMedia too. */
  readonly userAgent: string;
  readonly allowInsecureHttp: boolean;
  /** Gives up calls under way, closes idle connections and stops refreshing. */
  close(): void;
};

/**
 * Makes one. Reads at most a configuration file and, on an instance of EC2 where nothing names the
 * region, asks the metadata service; no credentials are fetched.
 * @throws KvsError for settings that cannot work.
 */
export async function createAwsAccess(settings: AccessSettings): Promise<AwsAccess> {
  const { env, clock, random, log, credentials: properties } = settings;
  const agent = userAgent(settings.userAgent);
  const { region, source } = await resolveRegion({
    property: settings.region,
    profile: properties.profile,
    env,
    clock,
  });
  const allowInsecureHttp =
    settings.allowInsecureHttp === true || isTrue(env, 'KVS_ALLOW_INSECURE_HTTP');
  const endpoint = resolveEndpoint({
    region,
    env,
    endpoint: settings.endpoint,
    profile: properties.profile,
    allowInsecureHttp,
  });
  log.info('control plane', {
    region,
    regionFrom: source,
    endpoint: endpoint.url.host,
    endpointFrom: endpoint.source,
  });
  const shared = settings.shared ?? new SharedParts();
  const agents = shared.agents({ env, log, caFile: settings.caFile });
  const { skew: clockSkew, giveBack } = shared.clockSkew(endpoint.url, clock, log);
  const credentials =
    settings.credentialProvider ??
    shared.credentials({
      properties,
      streamName: settings.streamName,
      region,
      env,
      agents,
      clock,
      random,
      log,
      skew: clockSkew,
      onRefreshFailed: settings.onRefreshFailed,
    });
  const controlPlane = createControlPlane({
    region,
    endpoint: endpoint.url,
    credentials,
    agents,
    clock,
    log,
    userAgent: agent,
    connectTimeoutMs: settings.connectTimeoutMs,
    completionTimeoutMs: settings.completionTimeoutMs,
    allowInsecureHttp,
    skew: clockSkew,
  });
  return {
    region,
    credentials,
    controlPlane,
    agents,
    clockSkew,
    userAgent: agent,
    allowInsecureHttp,
    close() {
      controlPlane.close();
      credentials.close?.();
      agents.close();
      giveBack();
    },
  };
}
