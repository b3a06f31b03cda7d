import { KvsError } from '../../../errors/kvs-error.ts';
import { roughDurationText } from '../../../runtime/duration-text.ts';
import { about, type Check, type Finding, type Subject } from '../findings/finding.ts';
import type { Symptom } from '../findings/symptoms.ts';
import type { ServiceWay } from './service-target.ts';

const CREDENTIALS = about('credentials', 'security-token-invalid-or-no-credentials');
const DESCRIBE = about('DescribeStream', 'access-is-denied');
const ENDPOINT = about('GetDataEndpoint', 'access-is-denied');

/** Asked for where no stream is named: that there is none is a good answer, too. */
const NO_STREAM = 'kvs-launch-doctor';

/** The looks at credentials, and at what they may do. None of the calls changes anything. */
export function permissionChecks(way: Promise<ServiceWay>): readonly Check[] {
  const credentials = way.then(({ access }) => access.credentials.get());
  credentials.catch(() => {});
  const asked = <T>(call: (way: ServiceWay) => Promise<T>): Promise<T> =>
    credentials.then(() => way).then(call);
  const described = asked(({ access, target }) =>
    access.controlPlane.describeStream(streamOf(target)),
  );
  described.catch(() => {});
  return [
    {
      ...CREDENTIALS,
      look: async () => {
        const found = await credentials;
        return credentialsFinding({ ...found, source: (await way).access.credentials.name });
      },
    },
    {
      ...DESCRIBE,
      look: async () => describeFinding(await way, described, await settled(credentials)),
    },
    {
      ...ENDPOINT,
      look: async () => {
        const known = await settled(described);
        if (known instanceof Error) return ENDPOINT.skipped('DescribeStream has found no stream.');
        const { target, access } = await way;
        try {
          const url = await access.controlPlane.getDataEndpoint(streamOf(target));
          return ENDPOINT.ok(`Media goes to ${new URL(url).host}.`);
        } catch (error) {
          return refusal(ENDPOINT, error, target.streamName);
        }
      },
    },
  ];
}

function streamOf({ streamName, streamArn }: ServiceWay['target']) {
  return streamArn === undefined ? { streamName: streamName ?? NO_STREAM } : { streamArn };
}

async function settled<T>(promise: Promise<T>): Promise<T | Error> {
  return promise.catch((error: unknown) =>
    error instanceof Error ? error : new Error(String(error)),
  );
}

/** What was found, and how long it is good for; never the secret itself. */
export function credentialsFinding(found: {
  readonly accessKeyId: string;
  readonly sessionToken?: string;
  readonly expiration?: Date;
  readonly source: string;
}): Finding {
  const { accessKeyId, sessionToken, expiration, source } = found;
  // Keys of at least 16 characters; what is shorter is a test's.
  const key = accessKeyId.length < 16 ? '' : `, key …${accessKeyId.slice(-4)}`;
  const text = `From ${source}${key}`;
  // Of temporary credentials; a long-term key begins with AKIA.
  if (accessKeyId.startsWith('ASIA') && sessionToken === undefined) {
    return CREDENTIALS.problem(
      `${text}: it is a temporary key, and the session token is missing.`,
      'export AWS_SESSION_TOKEN=…, or the property session-token',
    );
  }
  if (expiration !== undefined) {
    const left = expiration.getTime() - Date.now();
    const expiry = `until ${expiration.toISOString()}`;
    if (left <= 0) {
      return CREDENTIALS.problem(`${text}: they expired at ${expiration.toISOString()}.`, RENEW);
    }
    return CREDENTIALS.ok(`${text}, ${expiry} (${roughDurationText(left)}), renewed before.`);
  }
  if (sessionToken !== undefined && /^(environment|properties)$/.test(source)) {
    return CREDENTIALS.warning(
      `${text}: they are temporary, and nothing renews them: streaming ends with them.`,
      'Use a profile, a role, or a credential file: docs/2-use/authentication.md',
    );
  }
  return CREDENTIALS.ok(`${text}, without expiry.`);
}

const RENEW = 'aws sso login, or new keys: docs/2-use/authentication.md';

async function describeFinding(
  { target }: ServiceWay,
  described: Promise<{ streamName: string; status: string; retentionHours: number }>,
  credentials: unknown,
): Promise<Finding> {
  if (credentials instanceof Error) return DESCRIBE.skipped('There are no credentials.');
  const { streamName, streamArn, allowStreamCreation } = target;
  const name = streamName ?? streamArn;
  try {
    const { status, retentionHours, streamName: found } = await described;
    const text = `${found} is ${status}; its media is kept for ${retentionHours} hours.`;
    if (retentionHours > 0) return DESCRIBE.ok(text);
    return about('DescribeStream', 'the-video-does-not-play').warning(
      `${found} is ${status}, and keeps no media: it can be watched live with GetMedia only, not by HLS.`,
      `kvs-launch streams retention ${found} --set 24`,
    );
  } catch (error) {
    const kind = error instanceof KvsError ? error.failure?.kind : undefined;
    if (name === undefined && kind === 'not-found') {
      return DESCRIBE.ok('The credentials are accepted, and it is allowed.');
    }
    if (name === undefined && kind === 'access-denied') {
      return DESCRIBE.skipped(
        'The credentials are accepted, but not for any stream.',
        'kvs-launch doctor --stream-name NAME',
      );
    }
    if (kind === 'not-found' && allowStreamCreation) {
      return DESCRIBE.ok(
        `There is no stream ${name}: the pipeline creates it, if CreateStream and TagStream are allowed.`,
      );
    }
    return refusal(DESCRIBE, error, name);
  }
}

/** A refusal, explained where its reason is. */
export function refusal({ check }: Subject, error: unknown, stream: string | undefined): Finding {
  if (!(error instanceof KvsError)) throw error;
  const kind = error.failure?.kind;
  if (kind === 'network' || kind === 'timeout' || kind === 'tls') {
    return about(check, 'the-service-cannot-be-reached').skipped('The service was not reached.');
  }
  const symptom: Symptom =
    kind === 'access-denied'
      ? 'access-is-denied'
      : kind === 'clock-skew'
        ? 'the-clock-is-wrong'
        : kind === 'not-found'
          ? 'the-stream-is-in-another-region'
          : kind === 'expired-credentials' || kind === 'invalid-credentials'
            ? 'security-token-invalid-or-no-credentials'
            : 'the-service-cannot-be-reached';
  const remedy =
    kind === 'access-denied'
      ? `Allow kinesisvideo:${check} on stream/${stream ?? '*'}/* in the policy of these credentials.`
      : error.advice;
  return about(check, symptom).problem(error.message, remedy || 'docs/2-use/errors.md');
}
