import type { AwsCredentials, CredentialProvider } from '../signing/aws-credentials.ts';
import type { CredentialProperties } from './credential-settings.ts';

/** What an application says of credentials: keys, a source of keys, or where to look for them. */
export type GivenCredentials = AwsCredentials | CredentialProvider | CredentialProperties;

/** The same as a way to AWS takes it (AccessSettings). */
export function credentialSettings(credentials: GivenCredentials | undefined): {
  credentials: CredentialProperties;
  credentialProvider?: CredentialProvider;
} {
  if (credentials === undefined) return { credentials: {} };
  if ('get' in credentials) return { credentials: {}, credentialProvider: credentials };
  if ('accessKeyId' in credentials) {
    return {
      credentials: {},
      credentialProvider: { name: 'static', get: async () => credentials },
    };
  }
  return { credentials };
}
