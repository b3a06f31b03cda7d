import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { KvsError } from '../../src/errors/kvs-error.ts';
import { AckParser } from '../../src/putmedia/session/ack-parser.ts';
import type { FragmentAck } from '../../src/putmedia/uploader-api.ts';

type Parsed = { acks: FragmentAck[]; problems: KvsError[] };

function parse(...chunks: readonly (string | Uint8Array)[]): Parsed {
  const parsed: Parsed = { acks: [], problems: [] };
  const parser = new AckParser({
    ack: (ack) => parsed.acks.push(ack),
    problem: (error) => parsed.problems.push(error),
  });
  for (const chunk of chunks) parser.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
  return parsed;
}

function codes({ problems }: Parsed): string[] {
  return problems.map(({ code }) => code);
}

/** An acknowledgement in the form that PutMedia's answer has: one JSON object a line. */
const WIRE =
  '{"EventType":"PERSISTED","FragmentTimecode":1795253580579,"FragmentNumber":"9134"}\r\n';
const PERSISTED: FragmentAck = {
  type: 'PERSISTED',
  timecode: 1795253580579n,
  fragmentNumber: '9134',
  errorId: undefined,
  errorCode: undefined,
};

const SERIES =
  '{"EventType":"BUFFERING","FragmentTimecode":10,"FragmentNumber":"1"}\r\n' +
  '{"EventType":"IDLE"}\r\n' +
  '{"EventType":"ERROR","FragmentTimecode":10,"FragmentNumber":"1","ErrorId":4006,"ErrorCode":"INVALID_MKV_DATA"}\n' +
  ' { "EventType" : "RECEIVED" , "FragmentTimecode" : "20" , "Extra" : { "a" : [ 1, {"b":"}"} ] } } ';

function inSeries(parsed: Parsed): unknown {
  return parsed.acks.map(({ type, timecode, errorId }) => [type, timecode, errorId]);
}

const EXPECTED = [
  ['BUFFERING', 10n, undefined],
  ['IDLE', undefined, undefined],
  ['ERROR', 10n, 4006],
  ['RECEIVED', 20n, undefined],
];

test('an acknowledgement as the service writes it', () => {
  assert.deepEqual(parse(WIRE), { acks: [PERSISTED], problems: [] });
});

test('the same acknowledgements come out however the stream is split', () => {
  const bytes = Buffer.from(SERIES);
  assert.deepEqual(inSeries(parse(bytes)), EXPECTED);
  for (let size = 1; size < bytes.length; size++) {
    const chunks: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size));
    const parsed = parse(...chunks);
    assert.deepEqual(inSeries(parsed), EXPECTED, `chunks of ${size}`);
    assert.deepEqual(codes(parsed), []);
  }
  for (let at = 1; at < bytes.length; at++) {
    assert.deepEqual(inSeries(parse(bytes.subarray(0, at), bytes.subarray(at))), EXPECTED);
  }
});

test('more than 1024 bytes of acknowledgements in one chunk are all read', () => {
  const { acks, problems } = parse(WIRE.repeat(500));
  assert.equal(acks.length, 500);
  assert.deepEqual(problems, []);
});

test('values may be quoted or bare, names unknown, in any order and any case', () => {
  const { acks, problems } = parse(
    '{"Other":null,"fragmentNumber":9134,"FragmentTimeCode":"1795253580579","EventType":"Persisted","x":true,"y":-1.5e3}',
  );
  assert.deepEqual(problems, []);
  assert.deepEqual(acks, [PERSISTED]);
});

test("the guide's wrapped form, with bare names and without commas, is understood", () => {
  const { acks, problems } = parse(`{
  Acknowledgement : {
    "EventType": "PERSISTED"
    "FragmentTimecode": 1795253580579,
    "FragmentNumber": 9134,
    "ErrorId" : ""
  }
}`);
  assert.deepEqual(problems, []);
  assert.deepEqual(acks, [PERSISTED]);
  assert.deepEqual(parse(`{"Acknowledgement":${WIRE.trim()}}${WIRE}`).acks, [PERSISTED, PERSISTED]);
});

test('a timecode with decimals is rounded to the unit', () => {
  const decimals = WIRE.replace('1795253580579', '1795253580578.9998');
  assert.equal(parse(decimals).acks[0]?.timecode, 1795253580579n);
  assert.equal(parse(WIRE.replace('579', '579.25')).acks[0]?.timecode, 1795253580579n);
});

test('timecodes above 2^53 keep their last digit', () => {
  const text = WIRE.replace('1795253580579', '9223372036854775807');
  assert.equal(parse(text).acks[0]?.timecode, 9223372036854775807n);
});

test('escapes and braces inside texts do not end them', () => {
  const { acks, problems } = parse(`{"Note":"a \\"quoted\\" } { text","EventType":"IDLE"}${WIRE}`);
  assert.deepEqual(problems, []);
  assert.deepEqual(
    acks.map(({ type }) => type),
    ['IDLE', 'PERSISTED'],
  );
});

const BROKEN: readonly [string, string, string][] = [
  ['an empty object', '{}', 'STATUS_INVALID_PARSED_ACK_TYPE'],
  [
    'an unknown type',
    '{"EventType":"LOST","FragmentTimecode":1}',
    'STATUS_INVALID_PARSED_ACK_TYPE',
  ],
  ['no type', '{"FragmentTimecode":1}', 'STATUS_INVALID_PARSED_ACK_TYPE'],
  ['cut in a name', '{"EventType":"PERSISTED","Frag\r\n', 'STATUS_INVALID_ACK_INVALID_VALUE_END'],
  ['cut in a value', '{"EventType":"PERSI\r\n', 'STATUS_INVALID_ACK_INVALID_VALUE_END'],
  ['cut after a value', '{"EventType":"PERSISTED"\r\n', 'STATUS_INVALID_ACK_INVALID_VALUE_END'],
  ['cut after a comma', '{"EventType":"PERSISTED",\r\n', 'STATUS_INVALID_ACK_KEY_START'],
  ['cut after a name', '{"EventType"\r\n', 'STATUS_INVALID_ACK_KEY_START'],
  ['a value that is none', '{"EventType":,"x":1}', 'STATUS_INVALID_ACK_INVALID_VALUE_START'],
  ['a name that is none', '{:"PERSISTED"}', 'STATUS_INVALID_ACK_KEY_START'],
  ['too deep', '{"a":'.repeat(12) + '}'.repeat(12), 'STATUS_INVALID_ACK_SEGMENT_LEN'],
];

for (const [what, text, code] of BROKEN) {
  test(`${what} costs itself alone`, () => {
    const parsed = parse(`${WIRE}${text}${WIRE}${WIRE}`);
    assert.deepEqual(parsed.acks, [PERSISTED, PERSISTED, PERSISTED]);
    assert.deepEqual(codes(parsed).slice(0, 1), [code]);
  });
}

test('an ERROR without ErrorId is reported, takes the number of its ErrorCode, and is still an error', () => {
  const named = parse('{"EventType":"ERROR","ErrorCode":"KMS_KEY_DISABLED"}');
  assert.equal(named.acks[0]?.errorId, 4501);
  assert.deepEqual(named.problems, []);
  const nameless = parse('{"EventType":"ERROR","FragmentTimecode":1}');
  assert.deepEqual(codes(nameless), ['STATUS_MISSING_ERR_ACK_ID']);
  assert.equal(nameless.acks[0]?.type, 'ERROR');
  assert.equal(nameless.acks[0]?.errorId, undefined);
});

test('a timecode that is not a number is reported; the acknowledgement counts without it', () => {
  const { acks, problems } = parse('{"EventType":"RECEIVED","FragmentTimecode":"soon"}');
  assert.equal(acks[0]?.timecode, undefined);
  assert.equal(problems.length, 1);
});

test('an object without an end is given up, and what follows is read', () => {
  const endless = `{"EventType":"PERSISTED","Padding":"${'x'.repeat(100_000)}`;
  const parsed = parse(endless, `\r\n${WIRE}`);
  assert.deepEqual(parsed.acks, [PERSISTED]);
  assert.deepEqual(codes(parsed), ['STATUS_INVALID_ACK_SEGMENT_LEN']);
});

test('a megabyte in one name or value keeps nothing of it', () => {
  const before = process.memoryUsage().heapUsed;
  const parsed = parse(...Array.from({ length: 1000 }, () => `{"${'k'.repeat(60_000)}`));
  assert.ok(process.memoryUsage().heapUsed - before < 64 * 1024 * 1024);
  assert.deepEqual(parsed.acks, []);
});

test('whatever comes, nothing but our own errors comes out, and the next line is read', () => {
  const pieces = fc.constantFrom(
    ...['{', '}', '[', ']', '"', ':', ',', '\\', '\n', ' ', '1', 'x', '"EventType"', '"PERSISTED"'],
    WIRE,
    '{"EventType":"ERROR"',
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 60 }), (parts) => {
      const noise = parts.join('');
      const parsed = parse(noise);
      assert.ok(parsed.problems.every((error) => error instanceof KvsError));
      // Two line ends close any text; two lines later the parser must be itself again.
      const after = parse(noise, '\n', '\n"\n', WIRE, WIRE, WIRE);
      assert.deepEqual(after.acks.at(-1), PERSISTED);
    }),
    { numRuns: 2000, interruptAfterTimeLimit: 5000 },
  );
});

test('random bytes are survived', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2000 }), (bytes) => {
      parse(bytes);
    }),
    { numRuns: 500, interruptAfterTimeLimit: 3000 },
  );
});
