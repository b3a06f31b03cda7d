import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { IngestLimits } from '../../../src/local/settings/ingest-limits.ts';
import { createStream } from '../support/client.ts';
import * as m from '../support/matroska.ts';
import { putDocument, type WireAck } from '../support/put-media.ts';
import { startService } from '../support/service.ts';

const good = Buffer.concat([m.head(), m.cluster(1000), m.block(0), m.block(40)]);

const cases: {
  name: string;
  document: Uint8Array;
  error: [id: number, code: string];
  /** Timecode that the error ack names. */
  at?: number;
  persisted?: number;
  limits?: Partial<IngestLimits>;
}[] = [
  {
    name: 'something that is not Matroska',
    document: Buffer.from('GET / HTTP/1.1\r\n\r\n'),
    error: [4006, 'INVALID_MKV_DATA'],
  },
  {
    name: 'a body that begins in the middle of a cluster',
    document: Buffer.concat([m.block(0), m.block(40)]),
    error: [4006, 'INVALID_MKV_DATA'],
  },
  {
    name: 'a cluster before any tracks',
    document: Buffer.concat([m.EBML, m.open('18538067'), m.info(), m.cluster(0)]),
    error: [4006, 'INVALID_MKV_DATA'],
  },
  {
    name: 'a second EBML header',
    document: Buffer.concat([good, m.END_OF_FRAGMENT, m.head()]),
    error: [4006, 'INVALID_MKV_DATA'],
    persisted: 1,
  },
  {
    name: 'a second Tracks element',
    document: Buffer.concat([good, m.END_OF_FRAGMENT, m.tracks(m.track(1))]),
    error: [4006, 'INVALID_MKV_DATA'],
    persisted: 1,
  },
  {
    name: 'a body that ends within a block',
    document: good.subarray(0, -1),
    error: [4006, 'INVALID_MKV_DATA'],
    at: 1000,
  },
  {
    name: 'four tracks',
    document: m.head(m.track(1), m.track(2), m.track(3), m.track(4)),
    error: [4012, 'MORE_THAN_ALLOWED_TRACKS_FOUND'],
  },
  {
    name: 'a frame of a track that is not in the header',
    document: Buffer.concat([good, m.block(80, 2)]),
    error: [4010, 'TRACK_NUMBER_MISMATCH'],
    at: 1000,
  },
  {
    name: 'a fragment without a frame of the second track',
    document: Buffer.concat([
      m.head(m.track(1), m.track(2)),
      m.cluster(1000),
      m.block(0),
      m.block(0, 2),
      m.cluster(2000),
      m.block(0),
      m.cluster(3000),
    ]),
    error: [4011, 'FRAMES_MISSING_FOR_TRACK'],
    at: 2000,
    persisted: 1,
  },
  {
    name: 'a fragment whose timecode is not after that of the last one',
    document: Buffer.concat([good, m.cluster(1000), m.block(80)]),
    error: [4004, 'FRAGMENT_TIMECODE_LESSER_THAN_PREVIOUS'],
    at: 1000,
    persisted: 1,
  },
  {
    name: 'a frame before the last frame of the fragment before',
    document: Buffer.concat([good, m.cluster(1020), m.block(0)]),
    error: [4004, 'FRAGMENT_TIMECODE_LESSER_THAN_PREVIOUS'],
    at: 1020,
    persisted: 1,
  },
  {
    name: 'a fragment of more than twenty seconds',
    document: Buffer.concat([good, m.block(19_999), m.block(20_001)]),
    error: [4002, 'MAX_FRAGMENT_DURATION_REACHED'],
    at: 1000,
  },
  {
    name: 'a fragment that is too large',
    document: Buffer.concat([good, m.block(80, 1, Buffer.alloc(5000))]),
    error: [4001, 'MAX_FRAGMENT_SIZE_REACHED'],
    at: 1000,
    limits: { maxFragmentBytes: 4000 },
  },
  {
    // Its header is enough: so much is neither sent nor held.
    name: 'a fragment of one frame of 70 MB',
    document: Buffer.concat([good, Buffer.from('a3142c1d80', 'hex'), Buffer.alloc(10_000)]),
    error: [4001, 'MAX_FRAGMENT_SIZE_REACHED'],
    at: 1000,
  },
  {
    name: 'a fragment that is too short',
    document: Buffer.concat([good, m.cluster(1999), m.block(0), m.block(1000), m.cluster(3999)]),
    error: [4013, 'MIN_FRAGMENT_DURATION_REACHED'],
    at: 1000,
    limits: { minFragmentMs: 1000 },
  },
  {
    name: 'a fragment of known size that is too short',
    document: Buffer.concat([m.head(), m.sizedCluster(1000, m.block(0), m.block(40))]),
    error: [4013, 'MIN_FRAGMENT_DURATION_REACHED'],
    at: 1000,
    limits: { minFragmentMs: 1000 },
  },
  {
    name: 'a fragment of too many frames, however small',
    document: Buffer.concat([m.head(), m.cluster(0), m.block(0), m.block(1), m.block(2)]),
    error: [4001, 'MAX_FRAGMENT_SIZE_REACHED'],
    at: 0,
    limits: { maxFragmentFrames: 2 },
  },
  {
    name: 'a time beyond all dates',
    document: Buffer.concat([m.head(), m.cluster(2n ** 60n), m.block(0)]),
    error: [4007, 'INVALID_PRODUCER_TIMESTAMP'],
    at: 2 ** 60,
  },
  {
    name: 'eleven tags on a fragment',
    document: Buffer.concat([
      m.head(),
      ...Array.from({ length: 11 }, (_, i) => m.tags([`name${i}`, 'value'])),
    ]),
    error: [4009, 'FRAGMENT_METADATA_LIMIT_REACHED'],
  },
  {
    name: 'a tag with a name of 129 bytes',
    document: Buffer.concat([m.head(), m.tags(['é'.repeat(65), 'value'])]),
    error: [4009, 'FRAGMENT_METADATA_LIMIT_REACHED'],
  },
  {
    name: 'tags of more than 64 kB about the file',
    document: Buffer.concat([
      m.head(),
      ...Array.from({ length: 3 }, () => m.fileTags(['COMMENT', 'v'.repeat(30_000)])),
    ]),
    error: [4009, 'FRAGMENT_METADATA_LIMIT_REACHED'],
  },
  {
    name: 'a tag with a value of 257 bytes',
    document: Buffer.concat([m.head(), m.tags(['name', 'v'.repeat(257)])]),
    error: [4009, 'FRAGMENT_METADATA_LIMIT_REACHED'],
  },
];

for (const { name, document, error, at, persisted = 0, limits = {} } of cases) {
  test(`refuses ${name} with ${error[0]}, and keeps what was whole`, async (t) => {
    const { url, streams } = await startService(t, { limits });
    await createStream(url, 'demo');
    const acks = await putDocument(url, 'demo', document);
    const errors = acks.filter((ack) => ack.EventType === 'ERROR');
    assert.equal(errors.length, 1, JSON.stringify(acks));
    const [found] = errors as [WireAck];
    assert.deepEqual([found.ErrorId, found.ErrorCode], error);
    assert.equal(found.FragmentTimecode, at);
    assert.equal(acks.filter((ack) => ack.EventType === 'PERSISTED').length, persisted);
    assert.equal(streams.byName('demo')?.fragments.totals.fragments, persisted);
  });
}

test('the shortest fragments are those that others follow: the last one of a session may be', async (t) => {
  const { url } = await startService(t, { limits: { minFragmentMs: 1000 } });
  await createStream(url, 'demo');
  const document = Buffer.concat([good, m.cluster(2000), m.block(0), m.END_OF_FRAGMENT]);
  const acks = await putDocument(url, 'demo', document);
  assert.equal(acks.filter((ack) => ack.EventType === 'PERSISTED').length, 2);
});
