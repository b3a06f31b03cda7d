import { readFileSync } from 'node:fs';
import type { Clock } from '../../runtime/clock.ts';
import { plainHttp } from '../../runtime/plain-http.ts';
import { type Environment, isTrue, variable } from './environment.ts';
import { profileName, profileSetting } from './shared-config.ts';

/** Upstream's default. */
const DEFAULT_REGION = 'us-west-2';

/** The metadata service answers at once or not at all. */
const METADATA_TIMEOUT_MS = 1_000;

/** A token has 56 characters, a region's name fewer. */
const MAX_METADATA_BYTES = 4 * 1024;

/** A region and who named it, for the log. */
export type Region = { readonly region: string; readonly source: string };

/**
 * The region without asking anything outside this process' files: AWS_DEFAULT_REGION, which wins over
 * the property as in upstream, the property, AWS_REGION, the profile; undefined if none says.
 * @param property `aws-region`, only if somebody has set it.
 */
function configuredRegion(settings: {
  property?: string | null | undefined;
  profile?: string | undefined;
  env: Environment;
}): Region | undefined {
  const { env } = settings;
  const profile = profileName(env, settings.profile);
  const candidates: readonly (readonly [string, string | null | undefined])[] = [
    ['AWS_DEFAULT_REGION', variable(env, 'AWS_DEFAULT_REGION')],
    ['aws-region', settings.property],
    ['AWS_REGION', variable(env, 'AWS_REGION')],
    [`profile ${profile}`, profileSetting(env, profile, 'region')],
  ];
  for (const [source, region] of candidates) {
    if (region !== undefined && region !== null && region !== '') return { region, source };
  }
  return undefined;
}

/**
 * The region by all means: as configured, else from EC2's metadata service if this is an instance, else
 * upstream's default. Never rejects.
 */
export async function resolveRegion(settings: {
  property?: string | null | undefined;
  profile?: string | undefined;
  env: Environment;
  clock: Clock;
}): Promise<Region> {
  const configured = configuredRegion(settings);
  if (configured !== undefined) return configured;
  const region = await instanceRegion(settings.env, settings.clock);
  return region === undefined
    ? { region: DEFAULT_REGION, source: 'default' }
    : { region, source: 'instance metadata' };
}

/** Nobody waits for a metadata service on a machine that is no instance of EC2. */
function mayBeInstance(env: Environment): boolean {
  if (isTrue(env, 'AWS_EC2_METADATA_DISABLED')) return false;
  if (variable(env, 'AWS_EC2_METADATA_SERVICE_ENDPOINT') !== undefined) return true;
  try {
    return readFileSync('/sys/devices/virtual/dmi/id/sys_vendor', 'utf8').startsWith('Amazon EC2');
  } catch {
    return false;
  }
}

async function instanceRegion(env: Environment, clock: Clock): Promise<string | undefined> {
  if (!mayBeInstance(env)) return undefined;
  const base = variable(env, 'AWS_EC2_METADATA_SERVICE_ENDPOINT') ?? 'http://169.254.169.254';
  try {
    const token = await ask(new URL('/latest/api/token', base), clock, 'PUT', {
      'x-aws-ec2-metadata-token-ttl-seconds': '60',
    });
    const region = await ask(new URL('/latest/meta-data/placement/region', base), clock, 'GET', {
      'x-aws-ec2-metadata-token': token,
    });
    return /^[a-z0-9-]+$/.test(region) ? region : undefined;
  } catch {
    return undefined;
  }
}

function ask(
  url: URL,
  clock: Clock,
  method: string,
  headers: Record<string, string>,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const outgoing = plainHttp().request(url, { method, headers, agent: false }, (incoming) => {
      let text = '';
      incoming.setEncoding('utf8');
      incoming.on('data', (part: string) => {
        text += part;
        if (text.length > MAX_METADATA_BYTES) outgoing.destroy(new Error('no region: too long'));
      });
      incoming.on('error', reject);
      incoming.on('end', () =>
        incoming.statusCode === 200
          ? resolve(text.trim())
          : reject(new Error(`HTTP ${incoming.statusCode}`)),
      );
    });
    const timer = clock.after(METADATA_TIMEOUT_MS, () => outgoing.destroy(new Error('no answer')));
    outgoing.on('error', reject);
    outgoing.on('close', () => timer.cancel());
    outgoing.end();
  });
}
