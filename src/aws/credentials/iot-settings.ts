import { KvsError } from '../../errors/kvs-error.ts';
import type { IotCertificate } from './credential-settings.ts';

/** Upstream's time-outs, in seconds. */
const CONNECTION_TIMEOUT_S = 3;
const COMPLETION_TIMEOUT_S = 5;

/** IoT's own limits. */
const MAX_ROLE_ALIAS_CHARS = 128;
const MAX_THING_NAME_CHARS = 128;

const REQUIRED = ['endpoint', 'cert-path', 'key-path', 'ca-path', 'role-aliases'] as const;
const OPTIONAL = ['iot-thing-name', 'connection-timeout', 'completion-timeout'] as const;
const KEYS: ReadonlySet<string> = new Set([...REQUIRED, ...OPTIONAL]);

/** The `iot-certificate` property, read and checked. */
export type IotSettings = {
  /** Host of the IoT credentials provider, and its port if that is not 443. */
  readonly endpoint: URL;
  readonly certPath: string;
  readonly keyPath: string;
  readonly caPath: string;
  readonly roleAlias: string;
  readonly thingName: string;
  readonly connectionTimeoutMs: number;
  readonly completionTimeoutMs: number;
};

function invalid(what: string, advice: string): KvsError {
  return new KvsError('STATUS_INVALID_ARG', `iot-certificate: ${what}`, { advice });
}

/**
 * Reads the fields of `iot-certificate`. Upstream takes strings only; here a number may be a number.
 * @param otherThingName The thing name if the structure has none.
 * @throws KvsError that names the key.
 */
export function parseIotCertificate(fields: IotCertificate, otherThingName: string): IotSettings {
  for (const key of Object.keys(fields)) {
    if (!KEYS.has(key)) {
      throw invalid(`"${key}" is not one of its keys`, `The keys are ${[...KEYS].join(', ')}.`);
    }
  }
  const text = (key: string): string => String(fields[key] ?? '').trim();
  for (const key of REQUIRED) {
    if (text(key) === '') {
      throw invalid(`the key ${key} is missing`, `It needs ${REQUIRED.join(', ')}.`);
    }
  }
  const roleAlias = text('role-aliases');
  if (roleAlias.length > MAX_ROLE_ALIAS_CHARS) {
    throw new KvsError(
      'STATUS_MAX_ROLE_ALIAS_LEN_EXCEEDED',
      `iot-certificate: role-aliases is ${roleAlias.length} characters long`,
      { advice: `A role alias has at most ${MAX_ROLE_ALIAS_CHARS} characters.` },
    );
  }
  const thingName = text('iot-thing-name') || otherThingName;
  if (thingName === '') throw invalid('there is no thing name', 'Set iot-thing-name.');
  if (thingName.length > MAX_THING_NAME_CHARS) {
    throw new KvsError(
      'STATUS_MAX_IOT_THING_NAME_LENGTH',
      `iot-certificate: the thing name is ${thingName.length} characters long`,
      { advice: `Set iot-thing-name to a name of at most ${MAX_THING_NAME_CHARS} characters.` },
    );
  }
  return {
    endpoint: endpointUrl(text('endpoint')),
    certPath: text('cert-path'),
    keyPath: text('key-path'),
    caPath: text('ca-path'),
    roleAlias,
    thingName,
    connectionTimeoutMs: seconds('connection-timeout', fields, CONNECTION_TIMEOUT_S) * 1000,
    completionTimeoutMs: seconds('completion-timeout', fields, COMPLETION_TIMEOUT_S) * 1000,
  };
}

function endpointUrl(endpoint: string): URL {
  const text = `https://${endpoint.replace(/^https:\/\//i, '')}`;
  if (!URL.canParse(text) || !/^[\w.-]+(?::\d+)?\/?$/.test(text.slice('https://'.length))) {
    throw invalid(
      `endpoint is not a host name: ${endpoint}`,
      'Take it from: aws iot describe-endpoint --endpoint-type iot:CredentialProvider',
    );
  }
  return new URL(text);
}

function seconds(key: string, fields: IotCertificate, otherwise: number): number {
  const value = fields[key];
  if (value === undefined || value === '') return otherwise;
  const number = typeof value === 'boolean' ? Number.NaN : Number(value);
  if (!Number.isFinite(number) || number <= 0 || number > 3600) {
    throw invalid(`${key} is not a number of seconds: ${value}`, 'Use a number from 1 to 3600.');
  }
  return number;
}
