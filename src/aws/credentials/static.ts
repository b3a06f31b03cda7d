import type { AwsCredentials, CredentialProvider } from '../signing/aws-credentials.ts';

/** Keys that were given once and never change: `access-key`, `secret-key` and `session-token`. */
export function staticCredentials(
  credentials: AwsCredentials,
  name = 'static',
): CredentialProvider {
  return {
    name,
    get: async () => credentials,
  };
}
