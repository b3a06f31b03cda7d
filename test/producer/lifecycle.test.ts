import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KvsError } from '../../src/errors/kvs-error.ts';
import { KinesisVideoProducer } from '../../src/producer/producer.ts';
import { frame, VIDEO_TRACK, video, videoUnit } from './support/media.ts';
import { ids } from './support/read-session.ts';
import { makeRig, noAccess, putLive, range } from './support/rig.ts';
import { SinkUploader } from './support/sink-uploader.ts';

const TRACK = { trackInfoList: VIDEO_TRACK ?? [] };

function hasCode(code: string): (error: unknown) => boolean {
  return (error) => error instanceof KvsError && error.code === code;
}

test('create, put, stop, close: events in their order, once each', async () => {
  const rig = await makeRig(TRACK);
  for (const one of video(30)) rig.stream.putFrame(one);
  await rig.stream.stop();
  await rig.stream.stop();
  rig.stream.close();
  rig.producer.close();
  rig.producer.close();
  assert.equal(rig.stream.state, 'stopped');
  assert.equal(rig.of('streamClosed').length, 1);
  assert.ok(rig.sink.isClosed);
});

test('a stream that never had a frame stops at once', async () => {
  const rig = await makeRig(TRACK);
  await rig.stream.stop();
  assert.deepEqual(rig.sink.read(), []);
});

test('frames are taken before the service is known, and sent when it is', async () => {
  let open: (access: typeof noAccess) => void = () => {};
  const rig = await makeRig(TRACK, {
    access: new Promise((resolve) => {
      open = resolve;
    }),
  });
  assert.equal(rig.stream.state, 'new');
  for (const one of video(60)) rig.stream.putFrame(one);
  open(noAccess);
  await rig.clock.advance(1);
  assert.equal(rig.stream.state, 'ready');
  await rig.stream.stop();
  assert.deepEqual(ids(rig.sink.read()[0]), range(60));
});

test('no way to AWS is a fatal error of the stream', async () => {
  const failure = new KvsError('STATUS_IOT_FAILED', 'no credentials anywhere');
  const rig = await makeRig(TRACK, { access: Promise.reject(failure) });
  assert.deepEqual(rig.of('streamError'), [{ error: failure, fatal: true }]);
  assert.deepEqual(rig.of('streamClosed'), [{ error: failure }]);
  await assert.rejects(rig.stream.stop(), failure);
  assert.throws(
    () => rig.stream.putFrame(frame(1, 0, videoUnit(0, true))),
    (error) =>
      hasCode('STATUS_STREAM_HAS_BEEN_STOPPED')(error) && /no credentials/.test(String(error)),
  );
});

test('after stop() frames, metadata and formats are refused', async () => {
  const rig = await makeRig(TRACK);
  const stopping = rig.stream.stop();
  const refused = hasCode('STATUS_STREAM_HAS_BEEN_STOPPED');
  assert.throws(() => rig.stream.putFrame(frame(1, 0, videoUnit(0, true))), refused);
  assert.throws(() => rig.stream.putEventMetadata('notification'), refused);
  assert.throws(() => rig.stream.start(Buffer.alloc(4)), refused);
  assert.throws(() => rig.stream.endFragment(), refused);
  await stopping;
});

test('two streams of one name are refused, until the first has stopped', async () => {
  const rig = await makeRig({ ...TRACK, streamName: 'door' });
  const again = (): unknown => rig.producer.createStream({ ...TRACK, streamName: 'door' });
  assert.throws(again, hasCode('STATUS_DUPLICATE_STREAM_NAME'));
  await rig.stream.stop();
  again();
  rig.producer.close();
});

test('streamCount is a limit', async () => {
  const rig = await makeRig(TRACK, { deviceInfo: { streamCount: 2 } });
  rig.producer.createStream({ ...TRACK, streamName: 'two' });
  assert.throws(
    () => rig.producer.createStream({ ...TRACK, streamName: 'three' }),
    hasCode('STATUS_MAX_STREAM_COUNT'),
  );
  rig.producer.close();
});

test('closing the producer closes its streams, and it makes no more', async () => {
  const rig = await makeRig(TRACK);
  rig.producer.close();
  assert.equal(rig.stream.state, 'stopped');
  assert.throws(() => rig.producer.createStream(TRACK), hasCode('STATUS_CLIENT_SHUTTING_DOWN'));
});

test('stopping the producer drains all streams', async () => {
  const rig = await makeRig(TRACK);
  const other = rig.producer.createStream({ ...TRACK, streamName: 'other' });
  await rig.clock.advance(1);
  for (const one of video(45)) {
    rig.stream.putFrame(one);
    other.putFrame(one);
  }
  await rig.producer.stop();
  assert.deepEqual(
    rig.sinks.map((sink) => ids(sink.read()[0]).length),
    [45, 45],
  );
});

test('ready and createStreamSync: ready, or an error after their time', async () => {
  const options = {
    access: noAccess,
    createUploader: (
      ...args: ConstructorParameters<typeof SinkUploader> extends [infer S, infer D, unknown]
        ? [S, D]
        : never
    ) => new SinkUploader(args[0], args[1], {}),
  };
  const producer = new KinesisVideoProducer(options);
  await producer.ready();
  const stream = await producer.createStreamSync({ ...TRACK, streamName: 'soon' });
  assert.equal(stream.state, 'ready');
  producer.close();
  const never = new KinesisVideoProducer({
    ...options,
    access: new Promise(() => {}),
    deviceInfo: { clientInfo: { createStreamTimeoutMs: 5 } },
  });
  const keepAlive = setInterval(() => {}, 1000);
  await assert.rejects(never.ready(5), hasCode('STATUS_OPERATION_TIMED_OUT'));
  await assert.rejects(
    never.createStreamSync({ ...TRACK, streamName: 'never' }),
    hasCode('STATUS_OPERATION_TIMED_OUT'),
  );
  clearInterval(keepAlive);
  assert.deepEqual(never.streams, []);
  never.close();
});

test('stop() gives up after its time, says so, and closes the stream', async () => {
  const rig = await makeRig(
    { ...TRACK, streamingType: 'offline' },
    {
      persists: false,
      reads: false,
      deviceInfo: { storageInfo: { storageSize: 1024 * 1024 } },
    },
  );
  for (const one of video(200, { byteLength: 10_000 })) {
    const wait = rig.stream.putFrame(one);
    wait?.catch(() => {});
    if (wait !== undefined) break;
  }
  const stopping = rig.stream.stop({ timeoutMs: 5_000 });
  const rejected = assert.rejects(stopping, hasCode('STATUS_OPERATION_TIMED_OUT'));
  await rig.clock.advance(5_001);
  await rejected;
  assert.equal(rig.stream.state, 'stopped');
  assert.ok(rig.sink.isClosed);
});

test("the uploader's fatal error ends the stream and rejects stop()", async () => {
  const rig = await makeRig(TRACK, { persists: false });
  for (const one of video(30)) rig.stream.putFrame(one);
  const error = new KvsError('STATUS_ACK_ERR_STREAM_DELETED', 'the stream was deleted');
  rig.sink.dependencies.events.error(error, { fatal: true, fragment: undefined });
  await assert.rejects(rig.stream.stop(), error);
  assert.deepEqual(rig.of('streamClosed'), [{ error }]);
});

test('an error that the uploader recovers from is reported and stops nothing', async () => {
  const rig = await makeRig(TRACK);
  const error = new KvsError('STATUS_SERVICE_CALL_TIMEOUT_ERROR', 'slow');
  rig.sink.dependencies.events.error(error, { fatal: false, fragment: undefined });
  assert.deepEqual(rig.of('streamError'), [{ error, fatal: false }]);
  for (const one of video(30)) rig.stream.putFrame(one);
  await rig.stream.stop();
});

test('resetConnection keeps the buffer', async () => {
  const rig = await makeRig(TRACK, { reads: false });
  for (const one of video(60)) rig.stream.putFrame(one);
  rig.stream.resetConnection();
  assert.equal(rig.sink.resets.length, 1);
  assert.equal(rig.stream.metrics().droppedFrames, 0);
  rig.sink.reads = true;
  await rig.stream.stop();
  assert.deepEqual(ids(rig.sink.read()[0]), range(60));
});

test('resetStream drops the buffer, counts it, and begins at a key frame', async () => {
  const rig = await makeRig(TRACK, { reads: false });
  for (const one of video(60)) rig.stream.putFrame(one);
  rig.stream.putFragmentMetadata('gone', '1');
  rig.stream.resetStream();
  assert.equal(rig.stream.metrics().droppedFrames, 60);
  await rig.clock.advance(1);
  rig.sink.reads = true;
  rig.stream.putFrame(frame(1, 2_000, videoUnit(60, false)));
  for (const one of video(30, { startMs: 2_033, firstId: 61 })) rig.stream.putFrame(one);
  await rig.stream.stop();
  assert.equal(rig.sinks.length, 2);
  const [session] = rig.sink.read();
  assert.deepEqual(ids(session), range(30, 61));
  assert.deepEqual(session?.clusters[0]?.tags, []);
});

test('stop, reset, put again', async () => {
  const rig = await makeRig(TRACK);
  for (let round = 0; round < 3; round++) {
    for (const one of video(30, { startMs: round * 10_000 })) rig.stream.putFrame(one);
    await rig.stream.stop();
    rig.stream.resetStream();
    await rig.clock.advance(1);
  }
  assert.deepEqual(
    rig.sinks.slice(0, 3).map((sink) => ids(sink.read()[0])),
    [range(30), range(30), range(30)],
  );
  rig.producer.close();
});

test('resetStream while stop() waits: the stop fails, the new life goes on', async () => {
  const rig = await makeRig(TRACK, { persists: false });
  for (const one of video(30)) rig.stream.putFrame(one);
  const stopped = assert.rejects(rig.stream.stop(), hasCode('STATUS_STREAM_SHUTTING_DOWN'));
  rig.stream.resetStream();
  const [first] = rig.sinks;
  first?.failDrains(new KvsError('STATUS_STREAM_SHUTTING_DOWN', 'closed'));
  await stopped;
  await rig.clock.advance(0);
  assert.equal(rig.stream.state, 'ready');
  assert.equal(rig.of('streamClosed').length, 0);
  rig.sink.persists = true;
  for (const one of video(30, { firstId: 100 })) rig.stream.putFrame(one);
  await rig.stream.stop();
  assert.deepEqual(ids(rig.sink.read()[0]), range(30, 100));
});

test('intermittent: 20 s of silence end the fragment once; the next key frame goes on', async () => {
  const rig = await makeRig(TRACK);
  await putLive(rig, video(30));
  await rig.clock.advance(15_000);
  assert.equal(rig.sink.fragments.length, 0);
  await rig.clock.advance(11_000);
  assert.deepEqual(
    rig.sink.fragments.map(({ eofr }) => eofr),
    [true],
  );
  await rig.clock.advance(120_000);
  for (const one of video(30, { startMs: 150_000, firstId: 30 })) rig.stream.putFrame(one);
  await rig.stream.stop();
  const [session] = rig.sink.read();
  assert.deepEqual(ids(session), range(60));
  const tags = session?.clusters.flatMap((c) => c.tags.map(({ name }) => name));
  assert.deepEqual(tags, ['AWS_KINESISVIDEO_END_OF_FRAGMENT']);
});

test('intermittent: what came while the process was stopped is read before the silence counts', async () => {
  const rig = await makeRig(TRACK);
  const startMs = rig.clock.monotonicMs();
  await putLive(rig, video(30));
  // The watch's timer is due first.
  await rig.clock.advance(25_050 - (rig.clock.monotonicMs() - startMs));
  for (const one of video(15, { startMs: 1_000, firstId: 30 })) {
    const id = 30 + Math.round((Number(one.ptsNs ?? 0n) / 1e6 - 1_000) / (1_000 / 30));
    rig.stream.putFrame({ ...one, isKeyFrame: false, data: videoUnit(id, false) });
  }
  await rig.stream.stop();
  assert.deepEqual(ids(rig.sink.read()[0]), range(45));
});

test('intermittent: not with continuous streaming, and not after the stream has stopped', async () => {
  const rig = await makeRig(TRACK, {
    deviceInfo: { clientInfo: { automaticStreaming: 'continuous' } },
  });
  for (const one of video(30)) rig.stream.putFrame(one);
  await rig.clock.advance(60_000);
  assert.equal(rig.sink.fragments.length, 0);
  await rig.stream.stop();
  await rig.clock.advance(60_000);
  assert.equal(rig.sink.fragments.length, 1);
  assert.equal(rig.clock.nextTimerMs, undefined);
});

test('intermittent: many streams, each for itself', async () => {
  const rig = await makeRig(TRACK);
  const other = rig.producer.createStream({ ...TRACK, streamName: 'other' });
  await rig.clock.advance(1);
  for (const one of video(30)) rig.stream.putFrame(one);
  await rig.clock.advance(15_000);
  for (const one of video(30)) other.putFrame(one);
  await rig.clock.advance(10_500);
  assert.deepEqual(
    rig.sinks.map(({ fragments }) => fragments.length),
    [1, 0],
  );
  rig.producer.close();
});

test('create and free under stress: nothing is left of any stream', async () => {
  const rig = await makeRig(TRACK);
  for (let round = 0; round < 50; round++) {
    const streams = range(5).map((i) =>
      rig.producer.createStream({ ...TRACK, streamName: `${round}-${i}` }),
    );
    await rig.clock.advance(0);
    for (const stream of streams) for (const one of video(20)) stream.putFrame(one);
    for (const [i, stream] of streams.entries()) {
      if (i % 2 === 0) stream.close();
      else await stream.stop();
    }
  }
  rig.stream.close();
  assert.deepEqual(rig.producer.streams, []);
  assert.equal(rig.producer.metrics().contentStoreAllocatedSize, 0);
  assert.equal(rig.clock.nextTimerMs, undefined);
});

test('100 streams of one producer, 30 frames a second each, share the store without a drop', async () => {
  const rig = await makeRig(TRACK, { deviceInfo: { streamCount: 101 } });
  const streams = range(100).map((i) =>
    rig.producer.createStream({ ...TRACK, streamName: `many-${i}` }),
  );
  await rig.clock.advance(0);
  for (const one of video(90, { byteLength: 2_000 })) {
    for (const stream of streams) stream.putFrame(one);
    await rig.clock.advance(33);
  }
  await rig.producer.stop();
  for (const stream of streams) {
    const { storedFrames, droppedFrames, skippedFrames, persistedAcks } = stream.metrics();
    assert.deepEqual([storedFrames, droppedFrames, skippedFrames, persistedAcks], [90, 0, 0, 3]);
  }
});

test('a stopped stream leaves no timer behind', async () => {
  const rig = await makeRig(TRACK);
  for (const one of video(30)) rig.stream.putFrame(one);
  await rig.stream.stop();
  rig.producer.close();
  assert.equal(rig.clock.nextTimerMs, undefined);
});

test('metrics: what went through is counted', async () => {
  const rig = await makeRig(TRACK);
  await putLive(rig, video(90));
  const metrics = rig.stream.metrics();
  assert.equal(metrics.totalFrames, 90);
  assert.equal(metrics.storedFrames, 90);
  assert.equal(metrics.persistedAcks, 2);
  assert.ok(Math.abs(metrics.currentFrameRate - 30) < 1);
  assert.ok(Math.abs(metrics.elementaryFrameRate - 30) < 1);
  assert.ok(metrics.transferredBytes > 90 * 64);
  assert.equal(metrics.currentViewBytes, 0);
  assert.ok(metrics.overallViewBytes > 0);
  assert.ok(Math.abs(metrics.lastAckLatencyMs - 1_000) < 10);
  rig.sink.counters.retries = 4;
  const client = rig.producer.metrics();
  assert.equal(client.avgApiCallRetryCount, 4);
  assert.equal(client.contentStoreSize, 128 * 1024 * 1024);
  assert.equal(
    client.contentStoreAllocatedSize + client.contentStoreAvailableSize,
    client.contentStoreSize,
  );
  assert.equal(client.totalContentViewsSize, rig.stream.viewStructureBytes);
  assert.ok(client.totalContentViewsSize > 0);
  assert.equal(rig.of('metrics').length, 1);
  rig.producer.close();
});
