import { KvsError } from '../../errors/kvs-error.ts';
import { type Environment, isTrue, variable } from './environment.ts';
import { profileEndpoint, profileName } from './shared-config.ts';

/** One AWS partition, as the first part of its regions' names tells it. */
type Partition = {
  readonly prefix: string;
  /** The control plane is only at the FIPS name there. */
  readonly fips: boolean;
  readonly suffix: string;
  readonly dualStackSuffix: string;
};

/** Order matters: `us-iso-` is no prefix of `us-isob-`, but `us-` is one of all. */
const PARTITIONS: readonly Partition[] = [
  { prefix: 'us-isob-', fips: true, suffix: 'sc2s.sgov.gov', dualStackSuffix: 'api.aws.scloud' },
  {
    prefix: 'us-isof-',
    fips: true,
    suffix: 'csp.hci.ic.gov',
    dualStackSuffix: 'api.aws.hci.ic.gov',
  },
  {
    prefix: 'eu-isoe-',
    fips: true,
    suffix: 'cloud.adc-e.uk',
    dualStackSuffix: 'api.cloud-aws.adc-e.uk',
  },
  { prefix: 'us-iso-', fips: true, suffix: 'c2s.ic.gov', dualStackSuffix: 'api.aws.ic.gov' },
  { prefix: 'us-gov-', fips: true, suffix: 'amazonaws.com', dualStackSuffix: 'api.aws' },
  {
    prefix: 'cn-',
    fips: false,
    suffix: 'amazonaws.com.cn',
    dualStackSuffix: 'api.amazonwebservices.com.cn',
  },
  {
    prefix: 'eusc-',
    fips: false,
    suffix: 'amazonaws.eu',
    dualStackSuffix: 'api.amazonwebservices.eu',
  },
  { prefix: '', fips: false, suffix: 'amazonaws.com', dualStackSuffix: 'api.aws' },
];

/**
 * The control plane's host in a region, in upstream's forms, with FIPS to choose elsewhere too:
 * https://github.com/awslabs/amazon-kinesis-video-streams-producer-c/blob/c7546829290ccd2fd8c4b7329c58ff3493180b63/src/source/CurlApiCallbacks.c#L185-L268
 */
export function controlPlaneHost(
  region: string,
  options: { dualStack?: boolean; fips?: boolean } = {},
): string {
  if (!/^[a-z0-9]+(?:-[a-z0-9]+)*$/i.test(region)) {
    throw new KvsError('STATUS_INVALID_ARG', `"${region}" is not the name of a region`, {
      advice: 'Set aws-region or AWS_DEFAULT_REGION to a name like eu-west-1.',
    });
  }
  const partition = PARTITIONS.find(({ prefix }) => region.startsWith(prefix));
  if (partition === undefined) {
    throw new KvsError('STATUS_INTERNAL_ERROR', `No partition for region ${region}`);
  }
  const fips = partition.fips || options.fips === true ? '-fips' : '';
  const suffix = options.dualStack === true ? partition.dualStackSuffix : partition.suffix;
  return `kinesisvideo${fips}.${region}.${suffix}`;
}

/** The control plane to call, and where it came from, for the log. */
export type Endpoint = { readonly url: URL; readonly source: string };

/**
 * Finds the control plane: an explicit endpoint, CONTROL_PLANE_URI (upstream's), AWS's own two
 * variables, the profile's endpoint_url, else the region's. A value without a scheme is taken as
 * https, as upstream's samples do.
 * @throws KvsError when a value is no URL, or is plain http to another machine.
 */
export function resolveEndpoint(settings: {
  region: string;
  env: Environment;
  endpoint?: string | undefined;
  /** A profile of ~/.aws/config; by default AWS_PROFILE. */
  profile?: string | undefined;
  allowInsecureHttp?: boolean | undefined;
}): Endpoint {
  const { env } = settings;
  const ignoreConfigured = isTrue(env, 'AWS_IGNORE_CONFIGURED_ENDPOINT_URLS');
  const candidates: (readonly [string, string | undefined])[] = [
    ['endpoint property', settings.endpoint === '' ? undefined : settings.endpoint],
    ['CONTROL_PLANE_URI', variable(env, 'CONTROL_PLANE_URI')],
  ];
  if (!ignoreConfigured) {
    for (const name of ['AWS_ENDPOINT_URL_KINESIS_VIDEO', 'AWS_ENDPOINT_URL']) {
      candidates.push([name, variable(env, name)]);
    }
    const inProfile = profileEndpoint(env, profileName(env, settings.profile), 'kinesis_video');
    candidates.push([inProfile?.source ?? '', inProfile?.url]);
  }
  for (const [source, value] of candidates) {
    if (value !== undefined) {
      const url = parseEndpoint(value, source);
      requireSecure(url, settings.allowInsecureHttp === true);
      return { url, source };
    }
  }
  const host = controlPlaneHost(settings.region, {
    dualStack: isTrue(env, 'AWS_USE_DUALSTACK_ENDPOINT'),
    fips: isTrue(env, 'AWS_USE_FIPS_ENDPOINT'),
  });
  return { url: new URL(`https://${host}/`), source: 'region' };
}

function parseEndpoint(value: string, source: string): URL {
  const text = /^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `https://${value}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw new KvsError('STATUS_INVALID_ARG', `${source} is not an http or https URL: ${value}`, {
      advice: 'Write it as https://host or https://host:port.',
    });
  }
  return url;
}

/** True for names and addresses that never leave this machine. */
export function isLoopback(url: URL): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, '').toLowerCase();
  return (
    host === 'localhost' ||
    host.endsWith('.localhost') ||
    host === '::1' ||
    /^127(?:\.\d{1,3}){3}$/.test(host)
  );
}

/**
 * Refuses plain http to another machine: frames and session tokens would cross the network in the
 * clear.
 * @throws KvsError STATUS_INVALID_ARG
 */
export function requireSecure(url: URL, allowInsecureHttp: boolean): void {
  if (url.protocol === 'https:' || allowInsecureHttp || isLoopback(url)) return;
  throw new KvsError(
    'STATUS_INVALID_ARG',
    `${url.origin} is plain http to another machine: video and session tokens would be readable in transit`,
    {
      advice:
        'Use https, or allow it with KVS_ALLOW_INSECURE_HTTP=true if that network is yours alone.',
    },
  );
}
