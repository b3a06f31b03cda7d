import type { Clock, Random } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { Agents } from '../network/agents.ts';
import type { Environment } from '../settings/environment.ts';
import type { ClockSkew } from '../signing/clock-skew.ts';

/** What the element's properties say when nobody has set them; they count as unset (upstream). */
export const SENTINEL = {
  accessKey: 'access_key',
  secretKey: 'secret_key',
  sessionToken: 'session_token',
} as const;

/** The `credential-path` property's default; it counts only if the file is there. */
export const DEFAULT_CREDENTIAL_PATH = '.kvs/credential';

/** The `iot-certificate` structure's fields, as the element hands them over. */
export type IotCertificate = Readonly<Record<string, string | number | boolean>>;

/** The properties that say how credentials are found; all optional. */
export type CredentialProperties = {
  readonly accessKey?: string | null | undefined;
  readonly secretKey?: string | null | undefined;
  readonly sessionToken?: string | null | undefined;
  /** The `credential-path` property. */
  readonly credentialPath?: string | null | undefined;
  /** The `iot-certificate` property. */
  readonly iotCertificate?: IotCertificate | null | undefined;
  /** The thing name where `iot-certificate` has none; else the stream's name. */
  readonly iotThingName?: string | null | undefined;
  /** A profile of the AWS configuration files: asked instead of the environment's keys. */
  readonly profile?: string | undefined;
  /** A role to assume with whatever the rest yields. */
  readonly roleArn?: string | undefined;
  /** Longest time between two fetches of credentials that can change: `rotation-period`, in seconds. */
  readonly rotationPeriodS?: number | undefined;
};

/** How credentials may be found, and with what. */
export type CredentialSettings = CredentialProperties & {
  readonly streamName?: string | undefined;
  readonly region: string;
  readonly env: Environment;
  readonly agents: Agents;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** The service's clock, shared with the control plane; the machine's own if absent. */
  readonly skew?: ClockSkew | undefined;
  /** Told when a refresh fails, whether or not the old credentials still serve. */
  readonly onRefreshFailed?: ((failure: RefreshFailure) => void) | undefined;
};

/** A refresh that failed. */
export type RefreshFailure = {
  readonly provider: string;
  readonly error: Error;
  /** How long the credentials in hand may still serve, in ms; 0 when there are none. */
  readonly validForMs: number;
  readonly nextTryInMs: number;
};
