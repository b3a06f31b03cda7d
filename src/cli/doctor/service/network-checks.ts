import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { type DetailedPeerCertificate, rootCertificates } from 'node:tls';
import { addressFamily } from '../../../aws/network/agents.ts';
import { isAboutTime } from '../../../aws/network/network-error.ts';
import type { Environment } from '../../../aws/settings/environment.ts';
import { KvsError } from '../../../errors/kvs-error.ts';
import { EARLIEST_MS } from '../../../runtime/clock.ts';
import { durationText, roughDurationText } from '../../../runtime/duration-text.ts';
import { about, type Check, type Finding } from '../findings/finding.ts';
import { presentedCertificate, type Reached, reach, topOf } from './reach.ts';
import type { ServiceWay } from './service-target.ts';

const REGION = about('region', 'the-stream-is-in-another-region');
const PROXY = about('proxy', 'the-proxy-refuses');
const DNS = about('DNS', 'the-service-cannot-be-reached');
const SERVICE = about('service', 'the-service-cannot-be-reached');
const TLS = about('TLS', 'a-certificate-is-not-trusted');
const CLOCK = about('clock', 'the-clock-is-wrong');

/** AWS refuses signatures that are further off. */
const REFUSED_MS = 300_000;
const NOTICEABLE_MS = 5_000;

const SET_CLOCK = 'sudo timedatectl set-ntp true';

/** The looks at the way to the service, which share one request. */
export function networkChecks(way: Promise<ServiceWay>, env: Environment): readonly Check[] {
  const reached = way.then(reach);
  // Each check hears of its failure; none of them has to be the first.
  reached.catch(() => {});
  return [
    { ...REGION, look: async () => regionFinding(await way) },
    { ...PROXY, look: async () => proxyFinding(await way) },
    { ...DNS, look: async () => dnsFinding(await way, env) },
    { ...SERVICE, look: async () => serviceFinding(await way, reached) },
    { ...TLS, look: async () => tlsFinding(await way, reached) },
    { ...CLOCK, look: () => clockFinding(reached) },
  ];
}

function regionFinding({ region, endpoint }: ServiceWay): Finding {
  const isOwn = endpoint.source === 'region';
  const where = isOwn ? '' : `, at ${endpoint.url.origin} (${endpoint.source})`;
  if (region.source === 'default' && isOwn) {
    return REGION.warning(
      `Nothing names one: ${region.region} is the default.`,
      'export AWS_REGION=eu-west-1, or the property aws-region',
    );
  }
  return REGION.ok(`${region.region} (${region.source})${where}.`);
}

function proxyFinding({ proxy, endpoint }: ServiceWay): Finding {
  if (proxy === undefined) return PROXY.ok(`None is set for ${endpoint.url.hostname}.`);
  return PROXY.ok(`${proxy.host} is used for ${endpoint.url.hostname}.`);
}

async function dnsFinding({ endpoint, proxy }: ServiceWay, env: Environment): Promise<Finding> {
  const host = endpoint.url.hostname.replace(/^\[|\]$/g, '');
  if (proxy !== undefined) return DNS.skipped('The proxy resolves the name.');
  if (isIP(host) !== 0) return DNS.skipped(`${host} is an address.`);
  const family = addressFamily(env);
  try {
    const found = await lookup(host, { all: true, ...(family === undefined ? {} : { family }) });
    return DNS.ok(`${host} is ${found.map(({ address }) => address).join(', ')}.`);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
    return DNS.problem(
      `${host} cannot be resolved${code}.`,
      `getent hosts ${host}; look at the network, /etc/resolv.conf and the region’s name`,
    );
  }
}

async function serviceFinding(way: ServiceWay, reached: Promise<Reached>): Promise<Finding> {
  const { endpoint, proxy } = way;
  const through = proxy === undefined ? '' : ` through ${proxy.host}`;
  try {
    const { roundTripMs } = await reached;
    return SERVICE.ok(
      `${endpoint.url.host} answers${through} within ${durationText(roundTripMs)}.`,
    );
  } catch (error) {
    if (!(error instanceof KvsError)) throw error;
    if (error.failure?.kind === 'tls') {
      return SERVICE.skipped('Its certificate was not accepted: see TLS.');
    }
    const isProxy = /^PROXY_/.test(error.failure?.exception ?? '') || proxy !== undefined;
    const subject = isProxy ? about('service', 'the-proxy-refuses') : SERVICE;
    return subject.problem(
      error.message,
      isProxy
        ? error.advice || 'Set HTTPS_PROXY, or list the host in NO_PROXY.'
        : `Open port ${portOf(endpoint.url)} to ${endpoint.url.hostname}.`,
    );
  }
}

function portOf(url: URL): string {
  return url.port || (url.protocol === 'https:' ? '443' : '80');
}

async function tlsFinding(way: ServiceWay, reached: Promise<Reached>): Promise<Finding> {
  const { url } = way.endpoint;
  if (url.protocol !== 'https:') return TLS.skipped(`${url.origin} is not encrypted.`);
  try {
    const { certificate } = await reached;
    if (certificate === undefined) return TLS.ok('The certificate is trusted.');
    const kind = isPublic(topOf(certificate)) ? 'a public CA' : 'a private CA that is trusted here';
    return TLS.ok(`Signed by ${signerOf(certificate)}, ${kind}; until ${dateOf(certificate)}.`);
  } catch (error) {
    if (!(error instanceof KvsError) || error.failure?.kind !== 'tls') {
      return TLS.skipped('The service was not reached.');
    }
    const presented = await presentedCertificate(way);
    const signer = presented === undefined ? '' : ` It is signed by ${signerOf(presented)}.`;
    return TLS.problem(
      `The certificate of ${url.host} is not accepted: ${reasonOf(error)}.${signer}`,
      isAboutTime(error.cause)
        ? SET_CLOCK
        : 'export KVSSINK_CA_CERT_PATH=/path/to/that-ca.pem, or install it on the machine',
    );
  }
}

function reasonOf({ cause, message }: KvsError): string {
  return cause instanceof Error ? cause.message : message;
}

function signerOf(certificate: DetailedPeerCertificate): string {
  const top = topOf(certificate);
  const { CN, O } = top.issuer ?? top.subject ?? {};
  return [CN, O].flat().filter(Boolean).join(', ') || 'nobody that it names';
}

function dateOf({ valid_to }: DetailedPeerCertificate): string {
  return new Date(valid_to).toISOString();
}

const PUBLIC = new Set(rootCertificates.map((pem) => pem.replace(/-----[^-]+-----|\s/g, '')));

/** A root that Node brings, or a certificate whose root was not sent along. */
function isPublic(top: DetailedPeerCertificate): boolean {
  return PUBLIC.has(top.raw.toString('base64'));
}

async function clockFinding(reached: Promise<Reached>): Promise<Finding> {
  if (Date.now() < EARLIEST_MS) {
    return CLOCK.problem(
      `It shows ${new Date().toISOString()}, which is long past: it is not set.`,
      SET_CLOCK,
    );
  }
  try {
    const { skewMs, roundTripMs } = await reached;
    return skewFinding(skewMs, roundTripMs);
  } catch (error) {
    const { cause } = error instanceof KvsError ? error : { cause: undefined };
    if (isAboutTime(cause)) {
      return CLOCK.problem(
        `It shows ${new Date().toISOString()}, at which the service’s certificate is not valid.`,
        SET_CLOCK,
      );
    }
    return CLOCK.skipped('The service was not reached: nothing to compare it with.');
  }
}

/** What the service's Date header says of the machine's clock. */
export function skewFinding(skewMs: number | undefined, roundTripMs: number): Finding {
  if (skewMs === undefined) return CLOCK.skipped('The service’s answer has no date.');
  const size = Math.abs(skewMs);
  if (size < NOTICEABLE_MS + roundTripMs) return CLOCK.ok('It agrees with the service’s.');
  const text = `It is ${roughDurationText(size)} ${skewMs > 0 ? 'behind' : 'ahead of'} the service’s`;
  if (size < REFUSED_MS) return CLOCK.warning(`${text}; times are stored as much off.`, SET_CLOCK);
  return CLOCK.problem(
    `${text}; signatures that are more than 5 min off are refused. kvssink corrects its own.`,
    SET_CLOCK,
  );
}
