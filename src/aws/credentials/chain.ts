import { KvsError, type ServiceFailure } from '../../errors/kvs-error.ts';
import { codeOf, networkProblem } from '../network/network-error.ts';
import type { AwsCredentials } from '../signing/aws-credentials.ts';
import type { CredentialSource } from './sdk-sources.ts';

/** What of an SDK credential is ours; it has features and account numbers besides. */
function plain(credentials: AwsCredentials): AwsCredentials {
  const { accessKeyId, secretAccessKey, sessionToken, expiration } = credentials;
  return {
    accessKeyId,
    secretAccessKey,
    ...(sessionToken === undefined ? {} : { sessionToken }),
    ...(expiration === undefined ? {} : { expiration: new Date(expiration) }),
  };
}

/** The status of a service's answer, where the SDK's error comes from one. */
function httpStatusOf(error: unknown): number | undefined {
  const { $metadata } = (error ?? {}) as { $metadata?: { httpStatusCode?: number } };
  return $metadata?.httpStatusCode;
}

/**
 * What kind of failure it was, for whoever decides whether to try again: no answer is worth waiting
 * for, a refusal or a wrong setting is not.
 */
function failureOf(error: unknown): ServiceFailure | undefined {
  const httpStatus = httpStatusOf(error);
  const exception = error instanceof Error ? error.name : undefined;
  if (httpStatus !== undefined) {
    const kind = httpStatus >= 500 ? 'service' : httpStatus === 429 ? 'throttled' : 'access-denied';
    return { kind, httpStatus, exception, retryAfterMs: undefined };
  }
  const { kind } = networkProblem(error);
  const isConnection = codeOf(error) !== undefined || kind === 'timeout';
  return isConnection ? { kind, httpStatus, exception, retryAfterMs: undefined } : undefined;
}

/** A source's failure with what it looked for and where. */
function sourceError(source: CredentialSource, error: unknown): KvsError {
  if (error instanceof KvsError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  const failure = failureOf(error);
  return new KvsError(
    'STATUS_CLIENT_AUTH_CALL_FAILED',
    `No credentials from ${source.name}: looked for ${source.looksFor}: ${reason.replace(/\s+/g, ' ')}`,
    {
      cause: error,
      advice: 'See docs/2-use/authentication.md for how each provider is set up.',
      ...(failure === undefined ? {} : { failure }),
    },
  );
}

/** The SDK's mark of an error that says no more than that a source is not in use. */
function mayGoOn(error: unknown): boolean {
  return (
    typeof error === 'object' &&
    error !== null &&
    'tryNextLink' in error &&
    error.tryNextLink === true
  );
}

/** Sources asked in order until one answers; that one is then the only one asked. */
export type CredentialChain = {
  /** The source that answered, or `default chain`. */
  name(): string;
  fetch(): Promise<AwsCredentials>;
};

/**
 * AWS's default chain over `sources`. The SDKs' own chain goes on after most failures; this one does
 * so only after sources that nobody set up on purpose.
 * @param before What was looked for before the chain, for the message.
 */
export function credentialChain(
  sources: readonly CredentialSource[],
  before: readonly string[],
): CredentialChain {
  let found: CredentialSource | undefined;
  const search = async (): Promise<AwsCredentials> => {
    const tried = [...before];
    for (const source of sources) {
      if (source.absent !== undefined) {
        tried.push(`${source.looksFor}: ${source.absent}`);
        continue;
      }
      try {
        const credentials = plain(await source.fetch());
        found = source;
        return credentials;
      } catch (error) {
        if (source.intended || !mayGoOn(error)) throw sourceError(source, error);
        const reason = error instanceof Error ? error.message : String(error);
        tried.push(`${source.looksFor}: ${reason.replace(/\s+/g, ' ')}`);
      }
    }
    throw new KvsError(
      'STATUS_CLIENT_AUTH_CALL_FAILED',
      `Could not find any AWS credentials! Looked for ${tried.join('; ')}`,
      { advice: 'Set one of them up: docs/2-use/authentication.md has three lines for each.' },
    );
  };
  return {
    name: () => found?.name ?? (sources.length === 1 ? (sources[0]?.name ?? '') : 'default chain'),
    async fetch() {
      const source = found;
      if (source === undefined) return search();
      try {
        return plain(await source.fetch());
      } catch (error) {
        throw sourceError(source, error);
      }
    },
  };
}
