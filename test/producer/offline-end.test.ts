import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AV_TRACKS, audioUnit, frame, VIDEO_TRACK, video, videoUnit } from './support/media.ts';
import { ids } from './support/read-session.ts';
import { makeRig, type Rig, range } from './support/rig.ts';

const OFFLINE = { trackInfoList: VIDEO_TRACK ?? [], streamingType: 'offline' } as const;
const SMALL = { deviceInfo: { storageInfo: { storageSize: 4 * 1024 * 1024 } }, persists: false };
const CHUNK_BYTES = 16 * 1024;

async function persistOldest(rig: Rig): Promise<void> {
  const { oldest } = rig.sink.source;
  assert.ok(oldest?.complete);
  rig.sink.persist(oldest);
  await rig.clock.advance(0);
}

/** Puts frames until one finds the store full; returns how many were put. */
function fill(rig: Rig): number {
  let count = 0;
  for (const one of video(600, { byteLength: 10_000 })) {
    count += 1;
    const wait = rig.stream.putFrame(one);
    wait?.catch(() => {});
    if (wait !== undefined) return count;
  }
  return assert.fail('the store did not fill');
}

test('offline EOFR while frames wait: they go in first, what comes later behind it', async () => {
  const rig = await makeRig(OFFLINE, SMALL);
  const first = fill(rig);
  const startMs = (first * 1000) / 30;
  for (let i = 0; i < 5; i++) {
    void rig.stream.putFrame(frame(1, startMs + i * 33, videoUnit(first + i, false, 10_000)));
  }
  const ended = rig.stream.endFragment();
  assert.ok(ended instanceof Promise);
  assert.throws(() => rig.stream.endFragment(), /ended already/);
  for (const one of video(20, { startMs: startMs + 500, firstId: first + 5 })) {
    void rig.stream.putFrame(one);
  }
  const endedAgain = rig.stream.endFragment();
  for (let i = 0; i < 3; i++) await persistOldest(rig);
  await ended;
  await endedAgain;
  const tagged = rig.sink.fragments.filter(({ eofr }) => eofr);
  assert.equal(tagged.length, 2);
  rig.sink.persists = true;
  await rig.stream.stop();
  const [session] = rig.sink.read();
  assert.deepEqual(ids(session), range(first + 25));
  const cut = session?.clusters.find(({ blocks }) => blocks[0]?.id === first + 5);
  assert.deepEqual(cut?.tags, [{ name: 'AWS_KINESISVIDEO_END_OF_FRAGMENT', value: '' }]);
  assert.equal(rig.stream.metrics().skippedFrames, 0);
});

test('offline EOFR without room for it: it waits, and nothing of it is lost', async () => {
  const rig = await makeRig({ ...OFFLINE, bufferDurationMs: 600_000 }, SMALL);
  let last = 0;
  for (const one of video(9_000, { byteLength: 600 })) {
    assert.equal(rig.stream.putFrame(one), undefined);
    last += 1;
    const tailBytes = CHUNK_BYTES - (rig.stream.metrics().overallViewBytes % CHUNK_BYTES);
    if (rig.producer.metrics().contentStoreAvailableSize === 0 && tailBytes < 3_000) break;
  }
  const value = 'v'.repeat(256);
  for (let i = 0; i < 10; i++) {
    rig.stream.putFragmentMetadata(`${'n'.repeat(100)}${i}`, value, false);
  }
  const ended = rig.stream.endFragment();
  assert.ok(ended instanceof Promise);
  assert.ok(rig.sink.fragments.every(({ eofr }) => !eofr));
  const next = rig.stream.putFrame(
    frame(1, (last * 1000) / 30, videoUnit(last, true), { isKeyFrame: true }),
  );
  await persistOldest(rig);
  await ended;
  await next;
  assert.equal(rig.sink.fragments.at(-1)?.eofr, true);
  rig.sink.persists = true;
  await rig.stream.stop();
  const [session] = rig.sink.read();
  assert.deepEqual(ids(session), range(last + 1));
  assert.equal(session?.clusters.at(-1)?.tags.length, 11);
});

test('offline EOFR that waits: the end of the stream ends the waiting', async () => {
  const rig = await makeRig(OFFLINE, SMALL);
  fill(rig);
  rig.stream.once('streamClosed', () => {});
  const ended = rig.stream.endFragment();
  const waiting = assert.rejects(
    rig.stream.putFrame(frame(1, 60_000, videoUnit(1, true), { isKeyFrame: true })) ??
      Promise.resolve(),
  );
  rig.stream.close();
  await ended;
  await waiting;
});

test('after an EOFR that had to wait, tracks wait for each other again', async () => {
  const rig = await makeRig({ ...OFFLINE, trackInfoList: AV_TRACKS ?? [] }, SMALL);
  let ms = 0;
  const put = (id: number): Promise<void> | undefined => {
    ms += 40;
    void rig.stream.putFrame(frame(2, ms, audioUnit(id)));
    const isKeyFrame = id % 25 === 0;
    return rig.stream.putFrame(frame(1, ms, videoUnit(id, isKeyFrame, 10_000), { isKeyFrame }));
  };
  let id = 0;
  while (put(id) === undefined) id += 1;
  const ended = rig.stream.endFragment();
  await persistOldest(rig);
  await ended;
  const before = rig.stream.metrics().storedFrames;
  rig.stream.putFrame(frame(1, ms + 100, videoUnit(1, true), { isKeyFrame: true }));
  assert.equal(rig.stream.metrics().storedFrames, before, 'the picture waits for its sound');
  rig.stream.putFrame(frame(2, ms + 140, audioUnit(2)));
  assert.equal(rig.stream.metrics().storedFrames, before + 1);
  rig.producer.close();
});
