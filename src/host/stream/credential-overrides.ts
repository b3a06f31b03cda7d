/** Credentials that kvs-launch's options name, for every element of the process. */
export type CredentialOverrides = { readonly profile?: string; readonly roleArn?: string };

type Environment = Readonly<Record<string, string | undefined>>;

/** How they reach the host of a gst-launch-1.0: neither that nor kvssink has options for them. */
const PROFILE_VARIABLE = 'KVSSINK_AWS_PROFILE';
const ROLE_VARIABLE = 'KVSSINK_ROLE_ARN';

/** The environment that makes `credentialsNamed` give these. */
export function credentialVariables({ profile, roleArn }: CredentialOverrides): Environment {
  return {
    ...(profile === undefined ? {} : { [PROFILE_VARIABLE]: profile }),
    ...(roleArn === undefined ? {} : { [ROLE_VARIABLE]: roleArn }),
  };
}

/** What the host's environment names. */
export function credentialsNamed(env: Environment): CredentialOverrides {
  const profile = env[PROFILE_VARIABLE];
  const roleArn = env[ROLE_VARIABLE];
  return {
    ...(profile === undefined ? {} : { profile }),
    ...(roleArn === undefined ? {} : { roleArn }),
  };
}
