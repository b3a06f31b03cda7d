import type { Command } from 'commander';
import type { CredentialProperties } from '../../aws/credentials/credential-settings.ts';

/** What `addAwsOptions` makes commander read: the way to the service, as all commands say it. */
export type AwsOptions = {
  readonly region?: string;
  readonly endpoint?: string;
  readonly profile?: string;
  readonly roleArn?: string;
  readonly caFile?: string;
  readonly allowInsecureHttp?: boolean;
};

/** `AwsOptions` as producer and consumer take them. */
export type ServiceSettings = {
  readonly region?: string;
  readonly endpoint?: string;
  readonly caFile?: string;
  readonly allowInsecureHttp?: boolean;
  readonly credentials: CredentialProperties;
};

/** Gives a command the options that say which service it calls, and with whose credentials. */
export function addAwsOptions(command: Command): Command {
  return command
    .option('--region <name>', 'AWS region (default: AWS_REGION, profile, or us-west-2)')
    .option(
      '--endpoint <url>',
      'control plane endpoint (default: CONTROL_PLANE_URI, or the region’s)',
    )
    .option('--profile <name>', 'profile of ~/.aws/config to take credentials and region from')
    .option('--role-arn <arn>', 'role to assume with those credentials')
    .option('--ca-file <path>', 'PEM file or folder with CAs to trust as well')
    .option('--allow-insecure-http', 'allow plain HTTP to other machines');
}

/** The given options in the producer's and the consumer's own form. */
export function serviceSettings({ profile, roleArn, ...service }: AwsOptions): ServiceSettings {
  const { region, endpoint, caFile, allowInsecureHttp } = service;
  return {
    ...(region === undefined ? {} : { region }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(caFile === undefined ? {} : { caFile }),
    ...(allowInsecureHttp === undefined ? {} : { allowInsecureHttp }),
    credentials: {
      ...(profile === undefined ? {} : { profile }),
      ...(roleArn === undefined ? {} : { roleArn }),
    },
  };
}

/** What the options say of the service, as properties of kvssink; profile and role reach it otherwise. */
export function sinkServiceProperties(options: AwsOptions): readonly string[] {
  const { region, endpoint, caFile, allowInsecureHttp } = options;
  return [
    ...(region === undefined ? [] : [`aws-region=${region}`]),
    ...(endpoint === undefined ? [] : [`endpoint=${endpoint}`]),
    ...(caFile === undefined ? [] : [`ca-file=${caFile}`]),
    ...(allowInsecureHttp === true ? ['allow-insecure-http=true'] : []),
  ];
}
