import { accessSync, constants } from 'node:fs';
import { KvsError } from '../../errors/kvs-error.ts';
import { variable } from '../settings/environment.ts';
import type { AwsCredentials, CredentialProvider } from '../signing/aws-credentials.ts';
import { ClockSkew } from '../signing/clock-skew.ts';
import { credentialChain } from './chain.ts';
import {
  type CredentialSettings,
  DEFAULT_CREDENTIAL_PATH,
  SENTINEL,
} from './credential-settings.ts';
import { credentialFile } from './file.ts';
import { fetchIotCredentials } from './iot.ts';
import { parseIotCertificate } from './iot-settings.ts';
import { RefreshingProvider } from './refreshing.ts';
import {
  assumedRole,
  type CredentialSource,
  containerSource,
  instanceSource,
  profileSource,
  webIdentitySource,
} from './sdk-sources.ts';
import { staticCredentials } from './static.ts';

/** Upstream takes no credentials for longer than this (MAX_ENFORCED_TOKEN_EXPIRATION_DURATION). */
const MAX_AGE_MS = 40 * 60_000;

/** How a refreshing provider is made from one way of fetching. */
type Fetching = {
  readonly name: () => string;
  readonly fetch: () => Promise<AwsCredentials>;
  readonly changed?: () => Promise<boolean>;
};

/** A property's value, unless it is empty or still upstream's placeholder. */
function given(value: string | null | undefined, sentinel = ''): string | undefined {
  return value === undefined || value === null || value === '' || value === sentinel
    ? undefined
    : value;
}

/**
 * Finds the source of credentials in upstream's order: `iot-certificate`,
 * properties, environment, `credential-path`; then AWS's default chain, which upstream has not. A
 * profile that was asked for by name (`--profile`) goes before the environment.
 * Nothing is fetched or loaded before the first get().
 * @throws KvsError when what was set is not complete.
 */
export function createCredentialProvider(settings: CredentialSettings): CredentialProvider {
  const skew = settings.skew ?? new ClockSkew(settings.clock, settings.log);
  const base = findProvider(settings, skew);
  const roleArn = given(settings.roleArn);
  const provider = roleArn === undefined ? base : assuming(settings, skew, roleArn, base);
  settings.log.info('credentials', { provider: provider.name });
  return provider;
}

function findProvider(settings: CredentialSettings, skew: ClockSkew): CredentialProvider {
  return (
    iotProvider(settings, skew) ??
    propertyProvider(settings) ??
    namedProfileProvider(settings, skew) ??
    environmentProvider(settings) ??
    fileProvider(settings, skew) ??
    defaultChain(settings, skew)
  );
}

function refreshing(
  settings: CredentialSettings,
  skew: ClockSkew,
  fetching: Fetching,
): RefreshingProvider {
  const { clock, random, log, onRefreshFailed, rotationPeriodS } = settings;
  // `rotation-period`: AWS documents it as the period after which keys are rotated.
  const rotationMs = rotationPeriodS ? rotationPeriodS * 1000 : Number.POSITIVE_INFINITY;
  const maxAgeMs = Math.min(rotationMs, MAX_AGE_MS);
  return new RefreshingProvider({
    ...fetching,
    maxAgeMs,
    clock,
    random,
    log,
    skew,
    onRefreshFailed,
  });
}

function iotProvider(
  settings: CredentialSettings,
  skew: ClockSkew,
): CredentialProvider | undefined {
  const { iotCertificate, env, clock } = settings;
  if (iotCertificate === undefined || iotCertificate === null) return undefined;
  const iot = parseIotCertificate(
    iotCertificate,
    given(settings.iotThingName) ?? settings.streamName ?? '',
  );
  return refreshing(settings, skew, {
    name: () => `iot:${iot.roleAlias}`,
    fetch: () => fetchIotCredentials(iot, { env, clock, skew }),
  });
}

function propertyProvider(settings: CredentialSettings): CredentialProvider | undefined {
  const accessKeyId = given(settings.accessKey, SENTINEL.accessKey);
  if (accessKeyId === undefined) return undefined;
  const secretAccessKey = given(settings.secretKey, SENTINEL.secretKey);
  if (secretAccessKey === undefined) {
    throw new KvsError('STATUS_INVALID_ARG', 'access-key is set but secret-key is not', {
      advice: 'Set both, or neither.',
    });
  }
  return staticCredentials(
    { accessKeyId, secretAccessKey, ...propertyToken(settings) },
    'properties',
  );
}

/**
 * Upstream looks the token up apart from the keys, so that it may come from the environment. That of
 * a long-term key (AKIA…) is somebody else's: such a key has none.
 */
function propertyToken(settings: CredentialSettings): Pick<AwsCredentials, 'sessionToken'> {
  const property = given(settings.sessionToken, SENTINEL.sessionToken);
  const fromEnvironment = variable(settings.env, 'AWS_SESSION_TOKEN');
  if (property !== undefined) return { sessionToken: property };
  if (fromEnvironment === undefined) return {};
  if (settings.accessKey?.startsWith('AKIA')) {
    settings.log.warn(
      'AWS_SESSION_TOKEN is ignored: access-key is a long-term key, which has none',
    );
    return {};
  }
  settings.log.info('session token taken from AWS_SESSION_TOKEN, keys from the properties');
  return { sessionToken: fromEnvironment };
}

function environmentProvider(settings: CredentialSettings): CredentialProvider | undefined {
  const accessKeyId = variable(settings.env, 'AWS_ACCESS_KEY_ID');
  const secretAccessKey = variable(settings.env, 'AWS_SECRET_ACCESS_KEY');
  if (accessKeyId === undefined || secretAccessKey === undefined) return undefined;
  const sessionToken =
    given(settings.sessionToken, SENTINEL.sessionToken) ??
    variable(settings.env, 'AWS_SESSION_TOKEN');
  return staticCredentials(
    { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) },
    'environment',
  );
}

/**
 * `credential-path`. A file that was named is waited for, since whatever writes it may start later;
 * the default one only counts if it is there.
 */
function fileProvider(
  settings: CredentialSettings,
  skew: ClockSkew,
): CredentialProvider | undefined {
  const path = given(settings.credentialPath) ?? DEFAULT_CREDENTIAL_PATH;
  if (path === DEFAULT_CREDENTIAL_PATH && !isReadable(path)) return undefined;
  const file = credentialFile(path, settings.clock, () => skew.measuredNow()?.getTime());
  return refreshing(settings, skew, { ...file, name: () => `file:${path}` });
}

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

function namedProfileProvider(
  settings: CredentialSettings,
  skew: ClockSkew,
): CredentialProvider | undefined {
  const profile = given(settings.profile);
  return profile === undefined
    ? undefined
    : fromSources(settings, skew, [profileSource(settings, profile, true)], []);
}

function defaultChain(settings: CredentialSettings, skew: ClockSkew): CredentialProvider {
  const profile = variable(settings.env, 'AWS_PROFILE');
  return fromSources(
    settings,
    skew,
    [
      profileSource(settings, profile ?? 'default', profile !== undefined),
      webIdentitySource(settings),
      containerSource(settings),
      instanceSource(settings),
    ],
    [
      'the properties iot-certificate, access-key and secret-key: not set',
      'AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY: not both set',
      `credential-path ${DEFAULT_CREDENTIAL_PATH}: not readable in ${process.cwd()}`,
    ],
  );
}

function fromSources(
  settings: CredentialSettings,
  skew: ClockSkew,
  sources: readonly CredentialSource[],
  before: readonly string[],
): CredentialProvider {
  return refreshing(settings, skew, credentialChain(sources, before));
}

function assuming(
  settings: CredentialSettings,
  skew: ClockSkew,
  roleArn: string,
  base: CredentialProvider,
): CredentialProvider {
  const chain = credentialChain([assumedRole(settings, roleArn, () => base.get())], []);
  const provider = refreshing(settings, skew, {
    name: () => `role:${roleArn} (${base.name})`,
    fetch: chain.fetch,
  });
  return {
    get name() {
      return provider.name;
    },
    get: (options) => provider.get(options),
    close() {
      provider.close();
      base.close?.();
    },
  };
}
