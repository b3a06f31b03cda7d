import { type ModelledOperation, withoutCause } from './outcome.ts';

/** Cases that passed, by operation: exceptions, and 'result'. */
export type Passed = ReadonlyMap<string, ReadonlySet<string>>;

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
    'Amazon. boto3 makes the same calls. "Never" is an operation on something that the local service does not have.',
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
