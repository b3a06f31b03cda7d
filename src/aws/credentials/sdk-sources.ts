import { existsSync } from 'node:fs';
import type { fromIni } from '@aws-sdk/credential-providers';
import { isTrue, variable } from '../settings/environment.ts';
import { sharedFiles } from '../settings/shared-config.ts';
import type { AwsCredentials } from '../signing/aws-credentials.ts';
import type { CredentialSettings } from './credential-settings.ts';
import { silenceVersionWarning } from './sdk-warning.ts';

/** Where metadata services are expected to answer at once, being on the same host. */
const METADATA_TIMEOUT_MS = 1_000;
const METADATA_RETRIES = 2;

/** Time-outs of the calls that providers make to STS and SSO. */
const CONNECT_TIMEOUT_MS = 5_000;
const REQUEST_TIMEOUT_MS = 10_000;

/** The instance metadata service's addresses. */
const IMDS = 'http://169.254.169.254';

/** One place where AWS's SDKs look for credentials. */
export type CredentialSource = {
  /** For logs: `profile:default`, `web identity`, `container`, `instance metadata`. */
  readonly name: string;
  /** What was, or would be, looked for and where: for the message when nothing is found. */
  readonly looksFor: string;
  /** Why it is passed over; undefined if it is to be asked. */
  readonly absent: string | undefined;
  /**
   * Set up on purpose: if it fails, nothing else is asked, for other credentials than those the user
   * meant are worse than none.
   */
  readonly intended: boolean;
  readonly fetch: () => Promise<AwsCredentials>;
};

type IniOptions = NonNullable<Parameters<typeof fromIni>[0]>;

function providers() {
  silenceVersionWarning();
  return import('@aws-sdk/credential-providers');
}

/** Connections of the providers' own clients: our trust, our proxy. */
function clientConfig({ agents, region }: CredentialSettings) {
  return {
    requestHandler: {
      connectionTimeout: CONNECT_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      httpAgent: agents.controlAgentFor(new URL('http://localhost/')),
      // Proxied by the rules for STS, which stands for all of them.
      httpsAgent: agents.controlAgentFor(new URL(`https://sts.${region}.amazonaws.com/`)) as never,
    },
  };
}

/** A profile of the shared files: keys, SSO, a process, web identity or a role to assume. */
export function profileSource(
  settings: CredentialSettings,
  profile: string,
  required: boolean,
): CredentialSource {
  const { config, keys } = sharedFiles(settings.env);
  const there = [config, keys].some((path) => existsSync(path));
  return {
    name: `profile:${profile}`,
    looksFor: `profile "${profile}" in ${config} and ${keys}`,
    absent: there || required ? undefined : 'neither file exists',
    intended: required,
    async fetch() {
      const { fromIni } = await providers();
      const shared = clientConfig(settings);
      const options: IniOptions = {
        profile,
        filepath: keys,
        configFilepath: config,
        // A tool may have written new keys since.
        ignoreCache: true,
        clientConfig: shared,
        parentClientConfig: { ...shared, region: settings.region } as never,
      };
      return fromIni(options)();
    },
  };
}

/** EKS (IRSA) and other issuers of a token in a file, exchanged at STS. */
export function webIdentitySource(settings: CredentialSettings): CredentialSource {
  const file = variable(settings.env, 'AWS_WEB_IDENTITY_TOKEN_FILE');
  const role = variable(settings.env, 'AWS_ROLE_ARN');
  return {
    name: 'web identity',
    looksFor: `AWS_WEB_IDENTITY_TOKEN_FILE (${file ?? 'not set'}) and AWS_ROLE_ARN (${role ?? 'not set'}), exchanged at STS in ${settings.region}`,
    absent: file === undefined || role === undefined ? 'not both are set' : undefined,
    intended: true,
    async fetch() {
      const { fromTokenFile } = await providers();
      const shared = clientConfig(settings);
      return fromTokenFile({
        ...(file === undefined ? {} : { webIdentityTokenFile: file }),
        ...(role === undefined ? {} : { roleArn: role }),
        roleSessionName:
          variable(settings.env, 'AWS_ROLE_SESSION_NAME') ?? `kvs-launch-${process.pid}`,
        clientConfig: { ...shared, region: settings.region },
      })();
    },
  };
}

/** ECS tasks, EKS pod identity and Greengrass components: an HTTP endpoint beside the container. */
export function containerSource(settings: CredentialSettings): CredentialSource {
  const relative = variable(settings.env, 'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI');
  const full = variable(settings.env, 'AWS_CONTAINER_CREDENTIALS_FULL_URI');
  const where = relative === undefined ? full : `http://169.254.170.2${relative}`;
  return {
    name: 'container',
    looksFor: `the container's endpoint ${where ?? '(AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and _FULL_URI are not set)'}`,
    absent: where === undefined ? 'not set' : undefined,
    intended: true,
    async fetch() {
      const { fromHttp } = await providers();
      return fromHttp({ timeout: METADATA_TIMEOUT_MS, maxRetries: METADATA_RETRIES })();
    },
  };
}

/** EC2's role, by IMDSv2. */
export function instanceSource(settings: CredentialSettings): CredentialSource {
  const where = variable(settings.env, 'AWS_EC2_METADATA_SERVICE_ENDPOINT') ?? IMDS;
  return {
    name: 'instance metadata',
    looksFor: `the instance's role at ${where}`,
    absent: isTrue(settings.env, 'AWS_EC2_METADATA_DISABLED')
      ? 'AWS_EC2_METADATA_DISABLED is true'
      : undefined,
    intended: false,
    async fetch() {
      const { fromInstanceMetadata } = await providers();
      const fetch = fromInstanceMetadata({
        timeout: METADATA_TIMEOUT_MS,
        maxRetries: METADATA_RETRIES,
        ec2MetadataV1Disabled: true,
        logger: quiet(settings),
      });
      return fetch().catch((error: Error) => {
        // The SDK speaks of version 1 when version 2 gives no token, which is what every machine does
        // that is no instance.
        const said = error.message.includes('v1 fallback')
          ? 'nothing answers there'
          : error.message;
        throw Object.assign(new Error(said, { cause: error }), { tryNextLink: true });
      });
    },
  };
}

/** The SDK's own remarks, as debug lines of ours. */
function quiet({ log }: CredentialSettings) {
  const line = (...words: unknown[]): void => log.debug(words.map(String).join(' '));
  return { debug: () => {}, trace: () => {}, info: line, warn: line, error: line };
}

/** A role assumed with the credentials of another provider (`--role-arn`). */
export function assumedRole(
  settings: CredentialSettings,
  roleArn: string,
  base: () => Promise<AwsCredentials>,
): CredentialSource {
  return {
    name: `role:${roleArn}`,
    looksFor: `role ${roleArn}, assumed at STS in ${settings.region}`,
    absent: undefined,
    intended: true,
    async fetch() {
      const { fromTemporaryCredentials } = await providers();
      return fromTemporaryCredentials({
        masterCredentials: async () => ({ ...(await base()) }),
        params: {
          RoleArn: roleArn,
          RoleSessionName:
            variable(settings.env, 'AWS_ROLE_SESSION_NAME') ?? `kvs-launch-${process.pid}`,
        },
        clientConfig: { ...clientConfig(settings), region: settings.region },
      })();
    },
  };
}
