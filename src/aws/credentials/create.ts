import { KvsError } from '../../errors/kvs-error.ts';
import { variable } from '../environment.ts';
import type { AwsCredentials, CredentialProvider } from '../types.ts';
import { type CredentialSettings, SENTINEL } from './settings.ts';
import { staticCredentials } from './static.ts';

/** A property's value, unless it is empty or still upstream's placeholder. */
const given = (value: string | null | undefined, sentinel: string): string | undefined =>
  value === undefined || value === null || value === '' || value === sentinel ? undefined : value;

/**
 * Finds the credentials' source in upstream's order (reference: kvssink 4.3).
 * @throws KvsError when what was set is not complete.
 */
export const createCredentialProvider = (settings: CredentialSettings): CredentialProvider => {
  const provider = propertyCredentials(settings) ?? environmentCredentials(settings);
  if (provider === undefined) {
    throw new KvsError('STATUS_NOT_FOUND', 'Could not find any AWS credentials!');
  }
  settings.log.info('credentials', { provider: provider.name });
  return provider;
};

const propertyCredentials = (settings: CredentialSettings): CredentialProvider | undefined => {
  const accessKeyId = given(settings.accessKey, SENTINEL.accessKey);
  if (accessKeyId === undefined) {
    return undefined;
  }
  const secretAccessKey = given(settings.secretKey, SENTINEL.secretKey);
  if (secretAccessKey === undefined) {
    throw new KvsError('STATUS_INVALID_ARG', 'access-key is set but secret-key is not', {
      advice: 'Set both, or neither.',
    });
  }
  return staticCredentials({ accessKeyId, secretAccessKey, ...token(settings) }, 'properties');
};

const environmentCredentials = (settings: CredentialSettings): CredentialProvider | undefined => {
  const accessKeyId = variable(settings.env, 'AWS_ACCESS_KEY_ID');
  const secretAccessKey = variable(settings.env, 'AWS_SECRET_ACCESS_KEY');
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    return undefined;
  }
  return staticCredentials({ accessKeyId, secretAccessKey, ...token(settings) }, 'environment');
};

/** The token is looked up apart from the keys, as upstream does. */
const token = (settings: CredentialSettings): Pick<AwsCredentials, 'sessionToken'> => {
  const sessionToken =
    given(settings.sessionToken, SENTINEL.sessionToken) ??
    variable(settings.env, 'AWS_SESSION_TOKEN');
  return sessionToken === undefined ? {} : { sessionToken };
};
