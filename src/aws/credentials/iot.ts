import { readFile } from 'node:fs/promises';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { Agent, type AgentOptions, request } from 'node:https';
import { checkServerIdentity, createSecureContext } from 'node:tls';
import { KvsError } from '../../errors/kvs-error.ts';
import type { StatusName } from '../../errors/status.ts';
import type { Clock } from '../../runtime/clock.ts';
import { durationText } from '../../runtime/duration-text.ts';
import { addressFamily } from '../network/agents.ts';
import { isAboutTime, networkError } from '../network/network-error.ts';
import { proxyAgent, proxyFor } from '../network/proxy.ts';
import { MIN_TLS_VERSION } from '../network/shared-trust.ts';
import { readCertificates } from '../network/trust.ts';
import type { Environment } from '../settings/environment.ts';
import type { AwsCredentials } from '../signing/aws-credentials.ts';
import type { ClockSkew } from '../signing/clock-skew.ts';
import { parseExpiration } from './expiration.ts';
import type { IotSettings } from './iot-settings.ts';

/** What upstream calls itself here. */
const USER_AGENT = 'AWS-SDK-KVS';

/** An answer larger than upstream's limit of a whole credentials object is none. */
const MAX_RESPONSE_BYTES = 10_000;

/** What IoT lets a role alias be made of; it goes into the path as it is, as upstream sends it. */
const ROLE_ALIAS = /^[\w=,@-]+$/;

/** What a fetch from the IoT credentials provider needs. */
export type IotDependencies = {
  readonly env: Environment;
  readonly clock: Clock;
  readonly skew: ClockSkew;
};

/**
 * Exchanges a device's certificate for credentials: `GET /role-aliases/ALIAS/credentials` over mutual
 * TLS. Certificate, key and CA are read from disk each time, so that renewed files are used.
 * @throws KvsError that names the endpoint, and the file if one is to blame.
 */
export async function fetchIotCredentials(
  settings: IotSettings,
  dependencies: IotDependencies,
): Promise<AwsCredentials> {
  const { endpoint, roleAlias } = settings;
  const agent = await clientAgent(settings, dependencies.env);
  const alias = ROLE_ALIAS.test(roleAlias) ? roleAlias : encodeURIComponent(roleAlias);
  const url = new URL(`/role-aliases/${alias}/credentials`, endpoint);
  try {
    const { status, body, date } = await exchange(url, agent, settings, dependencies.clock);
    dependencies.skew.observe(date);
    if (status !== 200) throw refused(settings, status, body);
    return parse(body, settings, dependencies.skew.measuredNow());
  } catch (error) {
    throw error instanceof KvsError ? error : unanswered(error, settings);
  } finally {
    agent.destroy();
  }
}

function unanswered(error: unknown, settings: IotSettings): KvsError {
  const { endpoint, roleAlias, thingName, certPath, caPath } = settings;
  const plain = networkError(`IoT credentials (role alias ${roleAlias})`, endpoint.host, error);
  return new KvsError(
    plain.code,
    `${plain.message} (thing ${thingName}, certificate ${certPath}, CA ${caPath})`,
    {
      cause: error,
      ...(plain.failure === undefined ? {} : { failure: plain.failure }),
      advice:
        plain.failure?.kind === 'tls' && !isAboutTime(error)
          ? 'Check that the certificate is active in AWS IoT and belongs to the key, that it has not expired, and that ca-path is Amazon’s root CA.'
          : plain.advice,
    },
  );
}

function fileError(key: string, path: string, what: string, cause: unknown): KvsError {
  return new KvsError(
    'STATUS_DIRECTORY_ENTRY_STAT_ERROR',
    `iot-certificate: ${key} ${path} ${what}`,
    {
      cause,
      advice: 'Name a PEM file that this user may read.',
    },
  );
}

async function readPem(key: string, path: string, kind: RegExp): Promise<string> {
  let text: string;
  try {
    text = await readFile(path, 'latin1');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw fileError(key, path, `cannot be read: ${reason}`, error);
  }
  if (!kind.test(text)) throw fileError(key, path, 'is not a PEM file of that kind', undefined);
  return text;
}

async function clientAgent(settings: IotSettings, env: Environment) {
  const { certPath, keyPath, caPath, endpoint } = settings;
  const [cert, key] = await Promise.all([
    readPem('cert-path', certPath, /-----BEGIN CERTIFICATE-----/),
    readPem('key-path', keyPath, /-----BEGIN [A-Z ]*PRIVATE KEY-----/),
  ]);
  // As upstream: the named CA alone vouches for the endpoint.
  const ca = [...readCertificates(caPath, 'iot-certificate ca-path')];
  let secureContext: ReturnType<typeof createSecureContext>;
  try {
    secureContext = createSecureContext({ cert, key, ca, minVersion: MIN_TLS_VERSION });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw fileError(
      'key-path',
      keyPath,
      `does not go with cert-path ${certPath}: ${reason}`,
      error,
    );
  }
  const family = addressFamily(env);
  const options: AgentOptions = {
    keepAlive: false,
    secureContext,
    rejectUnauthorized: true,
    checkServerIdentity,
    minVersion: MIN_TLS_VERSION,
    ...(family === undefined ? {} : { family }),
  };
  const proxy = proxyFor(endpoint, env);
  return proxy === undefined ? new Agent(options) : proxyAgent(proxy, options);
}

type Answer = { readonly status: number; readonly body: string; readonly date: string | undefined };

/** One GET, bounded by the time to connect (TLS included) and the time for all of it. */
function exchange(
  url: URL,
  agent: Awaited<ReturnType<typeof clientAgent>>,
  settings: IotSettings,
  clock: Clock,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { connectionTimeoutMs, completionTimeoutMs, thingName } = settings;
    const outgoing: ClientRequest = request(url, {
      agent,
      headers: { 'user-agent': USER_AGENT, 'x-amzn-iot-thingname': thingName, accept: '*/*' },
    });
    const expire = (what: string, ms: number) => () => {
      const error = new Error(`${what} within ${durationText(ms)}`);
      error.name = 'TimeoutError';
      outgoing.destroy(error);
    };
    const connecting = clock.after(
      connectionTimeoutMs,
      expire('no connection', connectionTimeoutMs),
    );
    const completing = clock.after(completionTimeoutMs, expire('no answer', completionTimeoutMs));
    outgoing.on('socket', (socket) => {
      // Through a proxy the socket comes secured already.
      socket.once('secureConnect', () => connecting.cancel());
    });
    outgoing.on('error', reject);
    outgoing.on('close', () => {
      connecting.cancel();
      completing.cancel();
    });
    outgoing.on('response', (incoming: IncomingMessage) => {
      connecting.cancel();
      let body = '';
      incoming.setEncoding('utf8');
      incoming.on('data', (text: string) => {
        body += text;
        if (body.length > MAX_RESPONSE_BYTES) {
          outgoing.destroy(
            new KvsError(
              'STATUS_IOT_INVALID_RESPONSE_LENGTH',
              `IoT credentials: ${url.host} answered with more than ${MAX_RESPONSE_BYTES} bytes`,
            ),
          );
        }
      });
      incoming.on('error', reject);
      incoming.on('end', () =>
        resolve({
          status: incoming.statusCode ?? 0,
          body,
          date: incoming.headers.date,
        }),
      );
    });
    outgoing.end();
  });
}

/** IoT answers a refusal with `{"message": …}`. */
function refused(settings: IotSettings, status: number, body: string): KvsError {
  const message = field(json(body), 'message') ?? body.slice(0, 200).trim();
  const { endpoint, roleAlias, thingName, certPath } = settings;
  return new KvsError(
    'STATUS_IOT_FAILED',
    `IoT credentials were refused by ${endpoint.host}: HTTP ${status}${message === '' ? '' : ` ${message}`} (role alias ${roleAlias}, thing ${thingName}, certificate ${certPath})`,
    {
      advice:
        status === 404
          ? 'Create the role alias, or correct role-aliases.'
          : 'Attach a policy to the certificate that allows iot:AssumeRoleWithCertificate on the role alias, and the thing to the certificate.',
      failure: {
        kind: status === 429 ? 'throttled' : status >= 500 ? 'service' : 'access-denied',
        httpStatus: status,
        exception: undefined,
        retryAfterMs: undefined,
      },
    },
  );
}

function parse(body: string, settings: IotSettings, now: Date | undefined): AwsCredentials {
  const wrong = (code: StatusName, what: string): KvsError =>
    new KvsError(code, `IoT credentials from ${settings.endpoint.host}: ${what}`);
  const whole = json(body);
  const inner =
    typeof whole === 'object' && whole !== null && 'credentials' in whole
      ? whole.credentials
      : whole;
  const accessKeyId = field(inner, 'accessKeyId');
  const secretAccessKey = field(inner, 'secretAccessKey');
  const sessionToken = field(inner, 'sessionToken');
  if (accessKeyId === undefined || secretAccessKey === undefined || sessionToken === undefined) {
    throw wrong('STATUS_IOT_NULL_AWS_CREDS', 'the answer holds no credentials');
  }
  const expires = field(inner, 'expiration') ?? '';
  const expiration = parseExpiration(expires);
  if (expiration === undefined) {
    throw wrong(
      'STATUS_TIMESTAMP_STRING_UNRECOGNIZED_FORMAT',
      `the expiration is no time: ${expires.slice(0, 40)}`,
    );
  }
  if (now !== undefined && expiration <= now) {
    throw wrong('STATUS_IOT_EXPIRATION_OCCURS_IN_PAST', `they expired at ${expires}`);
  }
  return { accessKeyId, secretAccessKey, sessionToken, expiration };
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A text field of an object, unless it is empty. */
function field(value: unknown, name: string): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const found = (value as Record<string, unknown>)[name];
  return typeof found === 'string' && found !== '' ? found : undefined;
}
