import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KvsError } from '../../src/errors/kvs-error.ts';
import type { DroppedFragment, DroppedFrames } from '../../src/producer/events/events.ts';
import { VIDEO_TRACK, video } from './support/media.ts';
import { ids } from './support/read-session.ts';
import { makeRig, putLive, range } from './support/rig.ts';

const TRACK = { trackInfoList: VIDEO_TRACK ?? [] };
const MIB = 1024 * 1024;
const SMALL = { deviceInfo: { storageInfo: { storageSize: 4 * MIB } } };

function hasCode(code: string): (error: unknown) => boolean {
  return (error) => error instanceof KvsError && error.code === code;
}

test('realtime: a full store drops the oldest fragments, tells it, and goes on', async () => {
  const rig = await makeRig(TRACK, { ...SMALL, reads: false });
  // 300 kB a second into 4 MiB.
  for (const one of video(900, { byteLength: 10_000 })) rig.stream.putFrame(one);
  const drops = rig.of<DroppedFragment>('droppedFragment');
  assert.ok(drops.length >= 15);
  assert.deepEqual(
    drops.map(({ index }) => index),
    range(drops.length),
  );
  assert.ok(drops.every(({ reason, frames }) => reason === 'storage-full' && frames === 30));
  assert.equal(rig.stream.metrics().droppedFrames, drops.length * 30);
  assert.equal(rig.of('streamError').length, 0);
  rig.sink.reads = true;
  await rig.stream.stop();
  assert.deepEqual(ids(rig.sink.read()[0]), range(900).slice(drops.length * 30));
});

test('a system that has no memory for all of the store is told of, once, and the stream goes on', async (t) => {
  const storageInfo = { storageSize: 64 * MIB };
  const rig = await makeRig(TRACK, { deviceInfo: { storageInfo }, reads: false });
  const real = Buffer.allocUnsafeSlow;
  let slabs = 0;
  t.mock.method(Buffer, 'allocUnsafeSlow', (size: number) => {
    if (size >= MIB && ++slabs > 1) throw new RangeError('Array buffer allocation failed');
    return real(size);
  });
  await putLive(rig, video(900, { byteLength: 10_000 }));
  const errors = rig.of<{ error: KvsError; fatal: boolean }>('streamError');
  assert.deepEqual(
    errors.map(({ error, fatal }) => [error.code, fatal]),
    [['STATUS_NOT_ENOUGH_MEMORY', false]],
  );
  assert.match(String(errors[0]?.error.message), /stays at 4194304 of 67108864 bytes$/);
  const drops = rig.of<DroppedFragment>('droppedFragment').length;
  assert.ok(drops >= 15);
  rig.sink.reads = true;
  await rig.stream.stop();
  assert.deepEqual(ids(rig.sink.read()[0]), range(900).slice(drops * 30));
});

test('the buffer duration drops the oldest fragments', async () => {
  const rig = await makeRig({ ...TRACK, bufferDurationMs: 20_000 }, { reads: false });
  for (const one of video(750)) rig.stream.putFrame(one);
  const drops = rig.of<DroppedFragment>('droppedFragment');
  assert.ok(drops.length >= 4 && drops.every(({ reason }) => reason === 'buffer-duration'));
  assert.ok(rig.stream.metrics().overallViewDurationNs <= 20_100_000_000n);
  rig.producer.close();
});

test('the item limit, with the frame policy: single frames, the rest still decodable', async () => {
  const rig = await makeRig({ ...TRACK, maxViewItems: 100, dropPolicy: 'frame' }, { reads: false });
  await putLive(rig, video(110));
  rig.sink.reads = true;
  await rig.stream.stop();
  assert.equal(
    rig.of<DroppedFrames>('droppedFrame').reduce((n, d) => n + d.frames, 0),
    10,
  );
  const clusters = rig.sink.read()[0]?.clusters ?? [];
  assert.deepEqual(
    clusters.map(({ blocks }) => blocks.length),
    [20, 30, 30, 20],
  );
  assert.ok(clusters.every(({ blocks }) => blocks[0]?.isKeyFrame));
});

test('storage pressure is reported at 5 percent, at most once a second', async () => {
  const rig = await makeRig(TRACK, { ...SMALL, reads: false });
  const told: number[] = [];
  rig.producer.on('storageOverflowPressure', ({ remainingBytes }) => told.push(remainingBytes));
  await putLive(rig, video(600, { byteLength: 10_000 }));
  const events = rig.of<{ remainingBytes: number }>('storageOverflowPressure');
  assert.ok(events.length >= 3 && events.length <= 12);
  assert.ok(events.every(({ remainingBytes }) => remainingBytes <= 0.05 * 4 * MIB));
  assert.equal(told.length, events.length);
  assert.equal(rig.stream.metrics().storagePressures, events.length);
  rig.producer.close();
});

test('buffer duration pressure is reported at 5 percent', async () => {
  const rig = await makeRig({ ...TRACK, bufferDurationMs: 30_000 }, { reads: false });
  await putLive(rig, video(840));
  assert.equal(rig.of('bufferDurationOverflowPressure').length, 0);
  await putLive(rig, video(60, { startMs: 28_000 }));
  const events = rig.of<{ remainingNs: bigint }>('bufferDurationOverflowPressure');
  assert.ok(events.length >= 1 && events.length <= 3);
  assert.ok((events[0]?.remainingNs ?? -1n) <= 1_500_000_000n);
  rig.producer.close();
});

test('the rest of the buffer duration is never reported as negative', async () => {
  const rig = await makeRig({ ...TRACK, bufferDurationMs: 29_000 }, { reads: false });
  // A frame of 2 s is too much only when it is there.
  const frames = [...video(20, { gop: 1, fps: 0.5 })];
  await putLive(
    rig,
    frames.map((one) => ({ ...one, durationNs: 2_000_000_000n })),
  );
  const events = rig.of<{ remainingNs: bigint }>('bufferDurationOverflowPressure');
  const [first, ...others] = events.map(({ remainingNs }) => remainingNs);
  assert.equal(first, 1_000_000_000n);
  assert.ok(others.length >= 5 && others.every((remainingNs) => remainingNs === 0n));
  rig.producer.close();
});

test('latency pressure replaces the connection and keeps the buffer; pauses grow', async () => {
  const rig = await makeRig({ ...TRACK, maxLatencyMs: 10_000 }, { reads: false });
  await putLive(rig, video(30 * 110));
  const { latencyPressures, droppedFrames, overallViewDurationNs } = rig.stream.metrics();
  assert.ok(latencyPressures >= 98 && latencyPressures <= 100);
  assert.equal(droppedFrames, 0);
  assert.ok(overallViewDurationNs > 109_000_000_000n);
  // At 11 s, then 30 s later, then 60 s later.
  assert.equal(rig.sink.resets.length, 3);
  rig.producer.close();
});

test('latency pressure: an application may take over', async () => {
  const rig = await makeRig({ ...TRACK, maxLatencyMs: 5_000 }, { reads: false });
  rig.stream.on('streamLatencyPressure', (event) => event.preventDefault());
  await putLive(rig, video(300));
  assert.ok(rig.of('streamLatencyPressure').length >= 3);
  assert.deepEqual(rig.sink.resets, []);
  rig.producer.close();
});

test('a stale connection is reported, and replaced unless the application takes over', async () => {
  const rig = await makeRig(TRACK);
  const reason = new KvsError('STATUS_PERSISTED_ACK_TIMEOUT', 'nothing was persisted');
  const { stale } = rig.sink.dependencies.events;
  assert.equal(stale(31_000, reason), true);
  const [event] = rig.of<{ lastAckAgoMs: number; reason: KvsError }>('streamConnectionStale');
  assert.equal(event?.lastAckAgoMs, 31_000);
  assert.equal(event?.reason, reason);
  rig.stream.on('streamConnectionStale', ({ preventDefault }) => preventDefault());
  assert.equal(stale(31_000, reason), false);
  rig.producer.close();
});

test('a frame larger than the store is left out with an error, the stream goes on', async () => {
  const rig = await makeRig(TRACK, SMALL);
  for (const one of video(2, { gop: 1, fps: 1 })) rig.stream.putFrame(one);
  for (const one of video(1, { byteLength: 5 * MIB, startMs: 2_000 })) rig.stream.putFrame(one);
  for (const one of video(1, { startMs: 3_000, firstId: 2 })) rig.stream.putFrame(one);
  const [error] = rig.of<{ error: KvsError; fatal: boolean }>('streamError');
  assert.equal(error?.error.code, 'STATUS_STORE_OUT_OF_MEMORY');
  assert.equal(error?.fatal, false);
  await rig.stream.stop();
  assert.deepEqual(ids(rig.sink.read()[0]), [0, 1, 2]);
  assert.equal(rig.stream.metrics().droppedFrames, 1);
});

test('offline: putFrame waits for room and nothing is dropped', async () => {
  const rig = await makeRig({ ...TRACK, streamingType: 'offline' }, { ...SMALL, persists: false });
  let waits = 0;
  for (const one of video(900, { byteLength: 10_000 })) {
    const wait = rig.stream.putFrame(one);
    if (wait === undefined) continue;
    waits += 1;
    let isTaken = false;
    void wait.then(() => {
      isTaken = true;
    });
    await rig.clock.advance(100_000);
    assert.equal(isTaken, false);
    const { oldest } = rig.sink.source;
    assert.ok(oldest?.complete);
    rig.sink.persist(oldest);
    await wait;
  }
  assert.ok(waits > 10);
  rig.sink.persists = true;
  await rig.stream.stop();
  assert.deepEqual(ids(rig.sink.read()[0]), range(900));
  assert.equal(rig.of('storageOverflowPressure').length, 0);
});

test('offline: a waiting putFrame is rejected when the stream is closed', async () => {
  const rig = await makeRig({ ...TRACK, streamingType: 'offline' }, { ...SMALL, reads: false });
  const waits: Promise<void>[] = [];
  for (const one of video(600, { byteLength: 10_000 })) {
    const wait = rig.stream.putFrame(one);
    if (wait !== undefined) waits.push(wait);
    if (waits.length === 2) break;
  }
  const results = Promise.allSettled(waits);
  rig.stream.close();
  for (const result of await results) {
    assert.ok(result.status === 'rejected');
    assert.ok(hasCode('STATUS_BLOCKING_PUT_INTERRUPTED_STREAM_TERMINATED')(result.reason));
  }
});

test('offline: frames put without waiting are bounded', async () => {
  const rig = await makeRig({ ...TRACK, streamingType: 'offline' }, { ...SMALL, reads: false });
  assert.throws(() => {
    for (const one of video(3_000, { byteLength: 10_000 })) {
      rig.stream.putFrame(one)?.catch(() => {});
    }
  }, hasCode('STATUS_STORE_OUT_OF_MEMORY'));
  rig.producer.close();
});

test('offline with little storage: stop() waits for the frames that wait', async () => {
  const rig = await makeRig({ ...TRACK, streamingType: 'offline' }, { ...SMALL, persists: false });
  for (const one of video(500, { byteLength: 10_000 })) {
    if (rig.stream.putFrame(one) !== undefined) break;
  }
  const before = rig.stream.metrics().totalFrames;
  const stopped = rig.stream.stop();
  rig.sink.persists = true;
  rig.sink.pump();
  await stopped;
  assert.deepEqual(ids(rig.sink.read()[0]), range(before));
});

test('fragments that the service refused count as skipped, not as dropped', async () => {
  const rig = await makeRig(TRACK, { persists: false });
  for (const one of video(60)) rig.stream.putFrame(one);
  const { oldest } = rig.sink.source;
  assert.ok(oldest);
  rig.sink.source.reject(oldest, 'rejected');
  const { skippedFrames, droppedFrames } = rig.stream.metrics();
  assert.deepEqual([skippedFrames, droppedFrames], [30, 0]);
  rig.producer.close();
});
