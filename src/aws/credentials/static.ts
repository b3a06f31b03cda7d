import type { AwsCredentials, CredentialProvider } from '../signing/types.ts';

/** Keys that were given once and never change: `access-key`, `secret-key` and `session-token`. */
export const staticCredentials = (
  credentials: AwsCredentials,
  name = 'static',
): CredentialProvider => ({
  name,
  get: async () => credentials,
});
