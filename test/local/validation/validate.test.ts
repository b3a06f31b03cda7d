import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ServiceError } from '../../../src/local/errors/service-error.ts';
import * as members from '../../../src/local/validation/members.ts';
import {
  integer,
  list,
  oneOf,
  type Shape,
  structure,
  timestamp,
} from '../../../src/local/validation/shapes.ts';
import { validate } from '../../../src/local/validation/validate.ts';

const input = structure(
  {
    StreamName: members.streamName,
    MaxResults: integer(1, 1000),
    Mode: oneOf('LIVE', 'ON_DEMAND'),
    Fragments: list(1, 2, members.fragmentNumber),
    Tags: members.tags,
    Range: structure({ StartTimestamp: timestamp }, 'StartTimestamp'),
  },
  'StreamName',
);

function refusal(shape: Shape, value: unknown): string {
  try {
    validate(shape, value);
  } catch (error) {
    assert.ok(error instanceof ServiceError);
    return `${error.errorType}: ${error.message}`;
  }
  return 'accepted';
}

test('accepts what satisfies, drops unknown members, turns seconds into milliseconds', () => {
  const value = validate(input, {
    StreamName: 'demo',
    MaxResults: 5,
    Mode: 'LIVE',
    Fragments: ['1'],
    Tags: { Ort: 'Köln', 'a:b/c': '' },
    Range: { StartTimestamp: 1_795_253_394.629 },
    Other: 1,
  });
  assert.deepEqual(value, {
    StreamName: 'demo',
    MaxResults: 5,
    Mode: 'LIVE',
    Fragments: ['1'],
    Tags: { Ort: 'Köln', 'a:b/c': '' },
    Range: { StartTimestamp: 1_795_253_394_629 },
  });
});

test("reports a violation in AWS's words", () => {
  assert.equal(
    refusal(input, { StreamName: 'no spaces' }),
    "InvalidArgumentException: 1 validation error detected: Value 'no spaces' at 'streamName' " +
      'failed to satisfy constraint: Member must satisfy regular expression pattern: ' +
      '[a-zA-Z0-9_.-]+',
  );
  assert.equal(
    refusal(input, {}),
    "InvalidArgumentException: 1 validation error detected: Value null at 'streamName' failed to " +
      'satisfy constraint: Member must not be null',
  );
});

test('reports all violations at once', () => {
  const text = refusal(input, {
    StreamName: '',
    MaxResults: 1001,
    Mode: 'live',
    Fragments: ['1', 'x', '3'],
    Tags: { '': 'v' },
  });
  assert.match(text, /7 validation errors detected/);
  assert.match(text, /'streamName' .*length greater than or equal to 1/);
  assert.match(text, /'1001' at 'maxResults' .*value less than or equal to 1000/);
  assert.match(text, /'live' at 'mode' .*enum value set: \[LIVE, ON_DEMAND\]/);
  assert.match(text, /'fragments' .*length less than or equal to 2/);
  assert.match(text, /'x' at 'fragments\.2\.member'/);
});

test('refuses values of the wrong type as not deserialisable', () => {
  for (const value of [
    { StreamName: 5 },
    { StreamName: 'a', MaxResults: '5' },
    { StreamName: 'a', MaxResults: 1.5 },
    { StreamName: 'a', Fragments: 'x' },
    { StreamName: 'a', Tags: [] },
    { StreamName: 'a', Range: { StartTimestamp: 'yesterday' } },
    { StreamName: 'a', Range: 1 },
  ]) {
    assert.match(refusal(input, value), /^SerializationException/, JSON.stringify(value));
  }
});

test('does not echo a hostile value whole, nor look up inherited members', () => {
  assert.ok(refusal(input, { StreamName: 'x '.repeat(50_000) }).length < 1500);
  assert.match(refusal(structure({ toString: integer(1) }, 'toString'), {}), /must not be null/);
});
