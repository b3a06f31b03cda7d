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
] as const) {
  test(`the service's error ${id} in the media is thrown behind what was whole before it`, async () => {
    async function* source(): AsyncGenerator<Uint8Array> {
      const error = tags({
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
