import { type ModelledOperation, withoutCause } from './outcome.ts';

/** Cases that passed, by operation: exceptions, and 'result'. */
export type Passed = ReadonlyMap<string, ReadonlySet<string>>;

/** What, what the local service does, and where that is known from; each is tested in test/local. */
const BEHAVIOURS = [
  [
    'GetMedia behind a fragment that does not exist',
    '200, the tags AWS_KINESISVIDEO_ERROR_CODE and _ERROR_ID 4000, and the end',
    '[GetMedia](https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/API_dataplane_GetMedia.html); the code, ' +
      'FRAGMENT_NOT_FOUND, is that of the next row',
  ],
  [
    'GetMediaForFragmentList of a missing fragment',
    '200, the fragments before it, then AWS_KINESISVIDEO_ERROR_CODE, _ERROR_ID 3000 and _FRAGMENT_NUMBER, ' +
      'the documented _EXCEPTION_ERROR_CODE and _EXCEPTION_MESSAGE, and the end',
    '[a report](https://github.com/aws/aws-sdk-js/issues/3217), ' +
      '[the documentation](https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/API_reader_GetMediaForFragmentList.html)',
  ],
  [
    'tags of a chunk of GetMedia',
    'header, with what muxers say about the file; fragment number, server and producer timestamp; the ' +
      'cluster; MILLIS_BEHIND_NOW, CONTINUATION_TOKEN',
    'the recordings',
  ],
  [
    'MILLIS_BEHIND_NOW',
    "the service's time minus the server timestamp: it is not 0 at the live edge",
    'the recordings; `GetMedia.MillisBehindNow` of CloudWatch',
  ],
  [
    'more than one PutMedia on a stream',
    'the newest is accepted, the oldest closed after 5 s; `--refuse-producers` refuses the newest with ' +
      'ConnectionLimitExceeded',
    'the quotas of 2019: the last is accepted; of today: the last is refused. Producers that rotate connect before ' +
      'the old session has ended',
  ],
  [
    'fragments of less than a second',
    'accepted; `--min-fragment 1000` refuses them with MIN_FRAGMENT_DURATION_REACHED',
    '[the quotas](https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/limits.html) name the ack without a ' +
      'number, here 4013; the guide on latency takes shorter fragments for granted',
  ],
  [
    "producers' tags with names of the service",
    'left out, and a warning in the log; NOTIFICATION and IMAGE_GENERATION are kept',
    'not known; the SDKs refuse names that begin with AWS',
  ],
] as const;

/** The page of docs/4-local-service that says how the local service answers each operation. */
export function conformancePage(operations: readonly ModelledOperation[], passed: Passed): string {
  const rows = operations
    .toSorted((a, b) => (a.operation < b.operation ? -1 : 1))
    .map(({ operation, errors }) => {
      const found = passed.get(operation) ?? new Set();
      const tested = errors.filter((error) => found.has(error));
      const result = found.has('result') ? 'yes' : 'never';
      const others = errors.filter((error) => !found.has(error));
      return `| ${operation} | ${result} | ${list(tested)} | ${list(others)} |`;
    });
  const all = operations.flatMap(({ operation, errors }) =>
    errors
      .filter((error) => passed.get(operation)?.has(error) !== true)
      .map((error) => [error, withoutCause(operation, error) ?? 'not tested', operation] as const),
  );
  const reasons = new Map<string, Set<string>>();
  for (const [error, reason, operation] of all) {
    const key = `| ${short(error)} | ${reason} |`;
    reasons.set(key, (reasons.get(key) ?? new Set()).add(operation));
  }
  return [
    '# Conformance',
    '',
    '<!-- Written from the results of test/interop/aws-sdk-js.test.ts: node scripts/conformance.mjs -->',
    '',
    'Every operation of the AWS SDK for JavaScript is called on the local service, once for its result and once for each',
    'exception that its model names. PutMedia, which no SDK has, is tested with the producers of this project and of',
    'Amazon. boto3 makes the same calls. ClientLimitExceeded is had with `--aws-limits`, AccountStreamLimitExceeded with',
    '`--max-streams`. "Never" is an operation on something that the local service does not have.',
    '',
    '| operation | result | exceptions, as modelled | modelled, but without a cause here |',
    '| --- | --- | --- | --- |',
    ...rows,
    '',
    'The names stand without `Exception`. Why some have no cause:',
    '',
    '| exception | reason | operations |',
    '| --- | --- | --- |',
    ...[...reasons]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, operations]) => {
        const names = operations.size > 3 ? 'several' : [...operations].join(', ');
        return `${key} ${names} |`;
      }),
    '',
    'The local service has no signaling channels: the operations of WebRTC are unknown to it.',
    '',
    '## What no model says',
    '',
    'Where the answer is in media or acks, the source is what AWS documents and what it was seen to send: the recordings',
    "of GetMedia in Amazon's parser library (`output_get_media.mkv` and others), and public reports.",
    '',
    '| what | here | source |',
    '| --- | --- | --- |',
    ...BEHAVIOURS.map((row) => `| ${row.join(' | ')} |`),
    '',
    '## The same calls on AWS',
    '',
    'With credentials in the environment or a profile, the same cases run against AWS, in streams whose names begin with',
    '`conformance-` and that are deleted afterwards. AWS charges for them:',
    '',
    '```sh',
    'KVS_CONFORMANCE_REGION=us-west-2 node --test dist/test/interop/aws-sdk-js.test.js',
    '```',
    '',
    'That has not been done yet: where AWS and this page differ, AWS is right.',
    '',
  ].join('\n');
}

function list(errors: readonly string[]): string {
  return errors.map(short).join(', ');
}

function short(error: string): string {
  return error.replace(/Exception$/, '');
}
