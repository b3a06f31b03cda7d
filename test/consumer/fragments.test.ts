import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ConsumedFragment } from '../../src/consumer/fragments/consumed-fragment.ts';
import { FragmentReader, readFragments } from '../../src/consumer/fragments/fragment-reader.ts';
import { KvsError } from '../../src/errors/kvs-error.ts';
import { encodeTags } from '../../src/matroska/tags.ts';
import { h264Document } from '../local/support/media.ts';
import { hex } from '../media/support.ts';

const HEADER = Buffer.concat([hex('1a45dfa3 8b 4282 88 6d6174726f736b61'), hex('18538067 ff')]);
/** A cluster at 5 ms with one frame `65`. */
const CLUSTER = hex('1f43b675 8a e7 81 05 a3 85 81 0000 80 65');
const NUMBER = '91343852344490040000000000000000000000000000001';

/** Tags as the service writes them. */
function tags(values: Readonly<Record<string, string>>): Uint8Array {
  return encodeTags(Object.entries(values).map(([name, value]) => ({ name, value })));
}

/** A chunk of GetMedia. */
function chunk(trailer = true): Buffer {
  const head = tags({
    AWS_KINESISVIDEO_FRAGMENT_NUMBER: NUMBER,
    AWS_KINESISVIDEO_SERVER_TIMESTAMP: '1700000001.250',
    AWS_KINESISVIDEO_PRODUCER_TIMESTAMP: '1700000000.500',
  });
  const own = tags({ camera: 'door' });
  const tail = tags({
    AWS_KINESISVIDEO_CONTINUATION_TOKEN: NUMBER,
    AWS_KINESISVIDEO_MILLIS_BEHIND_NOW: '40',
  });
  return Buffer.concat([HEADER, head, own, CLUSTER, ...(trailer ? [tail] : [])]);
}

function read(...parts: Uint8Array[]): ConsumedFragment[] {
  const fragments: ConsumedFragment[] = [];
  const reader = new FragmentReader((fragment) => fragments.push(fragment));
  for (const part of parts) reader.push(part);
  reader.end();
  return fragments;
}

test('a chunk of GetMedia says number, times, tags, and where to go on', () => {
  const [fragment] = read(chunk());
  assert.ok(fragment);
  const { number, producerTimestamp, serverTimestamp, continuationToken, millisBehindNow } =
    fragment;
  assert.deepEqual(
    { number, producerTimestamp, serverTimestamp, continuationToken, millisBehindNow },
    {
      number: NUMBER,
      producerTimestamp: new Date(1_700_000_000_500),
      serverTimestamp: new Date(1_700_000_001_250),
      continuationToken: NUMBER,
      millisBehindNow: 40,
    },
  );
  assert.deepEqual(fragment.tags, [{ name: 'camera', value: 'door' }]);
  assert.equal(fragment.frames[0]?.ptsNs, 1_700_000_000_500_000_000n);
  assert.equal(fragment.timecodeNs, 5_000_000n);
});

test('a fragment is handed out with its last tags, not with the next fragment', () => {
  const fragments: ConsumedFragment[] = [];
  const reader = new FragmentReader((fragment) => fragments.push(fragment));
  const bytes = chunk();
  reader.push(bytes.subarray(0, -1));
  assert.equal(fragments.length, 0);
  reader.push(bytes.subarray(-1));
  assert.equal(fragments.length, 1);
});

test('tags between two clusters of one document belong to the second, those at its end to the last', () => {
  const fragments = read(
    HEADER,
    CLUSTER,
    tags({ a: '1' }),
    CLUSTER,
    tags({ b: '2' }),
    HEADER,
    CLUSTER,
  );
  assert.deepEqual(
    fragments.map((fragment) => fragment.tags.map(({ name }) => name)),
    [[], ['a', 'b'], []],
  );
});

test('a fragment that is tags alone is handed out, without frames', () => {
  const head = { AWS_KINESISVIDEO_FRAGMENT_NUMBER: NUMBER };
  const fragments = read(
    HEADER,
    tags({ ...head, camera: 'door' }),
    tags({ AWS_KINESISVIDEO_CONTINUATION_TOKEN: NUMBER }),
    chunk(),
    HEADER,
    tags({ why: 'bell' }),
  );
  assert.deepEqual(
    fragments.map(({ number, frames, continuationToken }) => [
      number,
      frames.length,
      continuationToken,
    ]),
    [
      [NUMBER, 0, NUMBER],
      [NUMBER, 1, NUMBER],
      [undefined, 0, undefined],
    ],
  );
  assert.deepEqual(
    fragments.map((fragment) => fragment.tags.map(({ name }) => name)),
    [['camera'], ['camera'], ['why']],
  );
});

test("tags about a file's tracks are a fragment's where the service sent them with it", () => {
  // A Targets element without children.
  const targeted = hex('1254c367 94 7373 91 63c0 80 67c8 8b 45a3 83 656e63 4487 82 6f6b');
  assert.deepEqual(read(HEADER, targeted, CLUSTER)[0]?.tags, []);
  const number = tags({ AWS_KINESISVIDEO_FRAGMENT_NUMBER: NUMBER });
  assert.deepEqual(read(HEADER, targeted, number, CLUSTER)[0]?.tags, [
    { name: 'enc', value: 'ok' },
  ]);
});

test("GetMedia's last fragment counts when its token has come, wherever the answer ends", () => {
  // Of unknown size: the end of its last frame could be the cluster's.
  const open = Buffer.concat([hex('1f43b675 ff'), CLUSTER.subarray(5)]);
  const number = tags({ AWS_KINESISVIDEO_FRAGMENT_NUMBER: NUMBER });
  for (const rest of [[], [open], [open, hex('a3 85 81 0001 00 66')]]) {
    const fragments: ConsumedFragment[] = [];
    const reader = new FragmentReader((fragment) => fragments.push(fragment), { needsToken: true });
    reader.push(chunk());
    for (const part of [HEADER, number, ...rest]) reader.push(part);
    assert.throws(() => reader.end(), { code: 'STATUS_UNEXPECTED_EOF' });
    assert.equal(fragments.length, 1);
  }
});

test('the whole cluster in front of where a file was cut is read, and on request the frames behind it', () => {
  const segment = Buffer.concat([HEADER.subarray(0, -1), hex('01 00 00 00 00 00 10 00')]);
  const cut = Buffer.concat([segment, CLUSTER, hex('1f43b675 92 e7 81 09 a3 85 81 0000 80 66 a3')]);
  for (const [includeTruncated, expected] of [
    [false, ['65']],
    [true, ['65', '66']],
  ] as const) {
    const frames: string[] = [];
    const reader = new FragmentReader(
      (fragment) =>
        frames.push(...fragment.frames.map(({ data }) => Buffer.from(data).toString('hex'))),
      { includeTruncated },
    );
    reader.push(cut);
    assert.throws(() => reader.end(), { code: 'STATUS_UNEXPECTED_EOF' });
    assert.deepEqual(frames, expected);
  }
  const whole: string[] = [];
  const reader = new FragmentReader(({ timecodeNs }) => whole.push(String(timecodeNs)));
  reader.push(Buffer.concat([segment, CLUSTER]));
  assert.throws(() => reader.end(), { code: 'STATUS_UNEXPECTED_EOF' });
  assert.deepEqual(whole, ['5000000']);
});

test('events of the producer are tags, and what ends a fragment is not', () => {
  const [fragment] = read(
    HEADER,
    tags({ AWS_KINESISVIDEO_NOTIFICATION: '', why: 'bell' }),
    CLUSTER,
    tags({ AWS_KINESISVIDEO_END_OF_FRAGMENT: '' }),
  );
  assert.deepEqual(fragment?.tags, [
    { name: 'AWS_KINESISVIDEO_NOTIFICATION', value: '' },
    { name: 'why', value: 'bell' },
  ]);
});

for (const [id, code] of [
  ['4000', 'STATUS_SERVICE_CALL_RESOURCE_NOT_FOUND_ERROR'],
  ['4501', 'STATUS_ACK_ERR_KMS_KEY_DISABLED'],
  ['9999', 'STATUS_SERVICE_CALL_UNKOWN_ERROR'],
  ['toString', 'STATUS_SERVICE_CALL_UNKOWN_ERROR'],
] as const) {
  test(`the service's error ${id} in the media is thrown behind what was whole before it`, async () => {
    async function* source(): AsyncGenerator<Uint8Array> {
      const error =
        id === '4501'
          ? tags({
              // As GetMediaForFragmentList has it.
              AWS_KINESISVIDEO_FRAGMENT_NUMBER: NUMBER,
              AWS_KINESISVIDEO_EXCEPTION_ERROR_CODE: id,
              AWS_KINESISVIDEO_EXCEPTION_MESSAGE: 'SOME_WORDS',
            })
          : tags({
              AWS_KINESISVIDEO_ERROR_ID: id,
              AWS_KINESISVIDEO_ERROR_CODE: 'SOME_WORDS',
            });
      yield Buffer.concat([chunk(), HEADER, error]);
    }
    const numbers: (string | undefined)[] = [];
    await assert.rejects(
      async () => {
        for await (const { number } of readFragments(source())) numbers.push(number);
      },
      { name: 'KvsError', code, message: new RegExp(`${id} SOME_WORDS`) },
    );
    assert.deepEqual(numbers, [NUMBER]);
  });
}

test('bytes that come in pieces of any size are the same fragments', () => {
  const document = h264Document({ frames: 40, audio: true });
  const whole = read(document);
  assert.ok(whole.length > 1);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 20_000 }), { minLength: 1 }), (sizes) => {
      const parts: Uint8Array[] = [];
      for (let at = 0, i = 0; at < document.length; i += 1) {
        const size = sizes[i % sizes.length] ?? 1;
        parts.push(document.subarray(at, at + size));
        at += size;
      }
      assert.deepEqual(read(...parts), whole);
    }),
    { numRuns: 30 },
  );
});

test('bytes that are damaged anywhere are refused with a KvsError, or read', () => {
  const document = Buffer.concat([chunk(), h264Document({ frames: 20 }), chunk(false)]);
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat({ max: document.length - 1 }), fc.nat({ max: 255 })), {
        minLength: 1,
        maxLength: 8,
      }),
      (changes) => {
        const damaged = Buffer.from(document);
        for (const [at, byte] of changes) damaged[at] = byte;
        try {
          read(damaged);
        } catch (error) {
          assert.ok(error instanceof KvsError, String(error));
        }
      },
    ),
    { numRuns: 500 },
  );
});

test("what the service's tags must not say is refused with a KvsError, or left out", () => {
  const names = [
    'FRAGMENT_NUMBER',
    'PRODUCER_TIMESTAMP',
    'SERVER_SIDE_TIMESTAMP',
    'CONTINUATION_TOKEN',
    'MILLIS_BEHIND_NOW',
    'ERROR_ID',
  ].map((name) => `AWS_KINESISVIDEO_${name}`);
  const value = fc.oneof(
    fc.string({ maxLength: 60 }),
    fc.double().map(String),
    fc.bigInt().map(String),
    fc.constantFrom('', ' ', '1e300', '-1e17', 'Infinity', 'NaN', '0x10', '１２'),
  );
  const pairs = fc.array(fc.tuple(fc.constantFrom(...names), value), { maxLength: 4 });
  fc.assert(
    fc.property(pairs, pairs, (front, behind) => {
      try {
        const head = tags(Object.fromEntries(front));
        const fragments = read(HEADER, head, CLUSTER, tags(Object.fromEntries(behind)), chunk());
        for (const { number = '0', producerTimestamp, serverTimestamp } of fragments) {
          assert.match(number, /^\d+$/);
          producerTimestamp?.toISOString();
          serverTimestamp?.toISOString();
        }
      } catch (error) {
        assert.ok(error instanceof KvsError, String(error));
      }
    }),
    { numRuns: 500 },
  );
});

test('Matroska that is cut anywhere is refused with a KvsError, and read up to there', () => {
  const document = Buffer.concat([chunk(), h264Document({ frames: 40, audio: true }), chunk()]);
  const whole = read(document);
  fc.assert(
    fc.property(fc.nat({ max: document.length }), (length) => {
      const fragments: ConsumedFragment[] = [];
      const reader = new FragmentReader((fragment) => fragments.push(fragment));
      try {
        reader.push(document.subarray(0, length));
        reader.end();
      } catch (error) {
        assert.ok(error instanceof KvsError, String(error));
      }
      // The end of a document whose clusters have no size may be the end of any of its frames.
      const all = fragments.flatMap(({ frames }) => frames.map(({ data }) => Buffer.from(data)));
      const expected = whole.flatMap(({ frames }) => frames.map(({ data }) => Buffer.from(data)));
      assert.deepEqual(all, expected.slice(0, all.length));
    }),
    { numRuns: 200 },
  );
});

test('frames and tags without a byte are not read without end', () => {
  const empty = hex('a3 84 81 0000 80');
  const endless = Buffer.concat(new Array<Buffer>(50_000).fill(empty));
  for (const front of [hex('1f43b675 ff e7 81 05'), new Uint8Array()]) {
    const reader = new FragmentReader(() => {}, { maxFragmentBytes: 1_000_000 });
    const part =
      front.length > 0 ? endless : Buffer.concat(new Array(20_000).fill(tags({ a: '' })));
    reader.push(HEADER);
    reader.push(front);
    assert.throws(() => reader.push(part), /more than 1000000 bytes/);
  }
});

test('a fragment that is larger than is allowed is refused', () => {
  const reader = new FragmentReader(() => assert.fail('it was handed out'), {
    maxFragmentBytes: 100,
  });
  assert.throws(() => reader.push(h264Document({ frames: 20 })), /more than 100 bytes/);
});

test('nothing is read from the source while the caller is at a fragment', async () => {
  let pulled = 0;
  async function* source(): AsyncGenerator<Uint8Array> {
    for (;;) {
      pulled += 1;
      yield chunk();
    }
  }
  let seen = 0;
  for await (const fragment of readFragments(source())) {
    assert.ok(fragment.number);
    seen += 1;
    assert.ok(pulled <= seen + 1, `${pulled} chunks were read for ${seen} fragments`);
    if (seen === 20) break;
  }
});
