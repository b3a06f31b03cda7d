import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { KvsError } from '../../src/errors/kvs-error.ts';
import type { MediaSink, MediaSource } from '../../src/producer/info/media-source.ts';
import { VIDEO, videoUnit } from './support/media.ts';
import { makeRig } from './support/rig.ts';

/** A source that puts what a test tells it to, until it is stopped. */
class ToldSource implements MediaSource {
  sink: MediaSink | undefined;
  stops = 0;
  #end = (): void => {};
  start(sink: MediaSink): Promise<void> {
    this.sink = sink;
    sink.format(VIDEO);
    return new Promise((resolve) => {
      this.#end = resolve;
    });
  }
  stop(): void {
    this.stops += 1;
    this.#end();
  }
}

/** A source of `count` frames, and then of what `last` does. */
function frames(count: number, last: () => Promise<void> = async () => {}) {
  let stops = 0;
  const start = async (sink: MediaSink): Promise<void> => {
    sink.format(VIDEO);
    for (let id = 0; id < count; id++) await sink.frame({ data: videoUnit(id, id % 10 === 0) });
    await last();
  };
  const stop = async (): Promise<void> => {
    stops += 1;
  };
  return { start, stop, stops: () => stops };
}

test('a source that has no more is stopped, and its frames are sent', async () => {
  const rig = await makeRig({ streamingType: 'offline' });
  const source = frames(30);
  await rig.stream.putSource(source);
  assert.equal(source.stops(), 1);
  await rig.stream.stop();
  assert.equal(rig.stream.metrics().storedFrames, 30);
});

test('several sources follow each other in one stream', async () => {
  const rig = await makeRig({ streamingType: 'offline' });
  await rig.stream.putSource(frames(10));
  await rig.stream.putSource(frames(10));
  await rig.stream.stop();
  assert.equal(rig.stream.metrics().storedFrames, 20);
});

test('a frame without a time has that of its arrival, in realtime', async () => {
  const rig = await makeRig();
  const source = new ToldSource();
  const run = rig.stream.putSource(source);
  for (const [id, afterMs] of [0, 700, 300, 50].entries()) {
    await rig.clock.advance(afterMs);
    source.sink?.frame({ data: videoUnit(id, id === 0 || id === 2) });
  }
  await rig.stream.stop();
  await run;
  const [first, second] = rig.sink.fragments;
  assert.equal((second?.timecode ?? 0n) - (first?.timecode ?? 0n), 1000n);
});

test('a signal ends a source; the stream goes on', async () => {
  const rig = await makeRig();
  const source = new ToldSource();
  const abort = new AbortController();
  const run = rig.stream.putSource(source, { signal: abort.signal });
  source.sink?.frame({ data: videoUnit(0, true) });
  abort.abort();
  await run;
  assert.equal(source.stops, 1);
  assert.equal(rig.stream.state, 'ready');
  // A camera's callback may come late.
  assert.equal(source.sink?.frame({ data: videoUnit(1, false) }), undefined);
  assert.equal(rig.stream.metrics().totalFrames, 1);
  await rig.stream.putSource(source, { signal: AbortSignal.abort() });
  assert.equal(source.stops, 1);
});

test('a source that goes on while its stream is stopped ends without an error', async () => {
  const rig = await makeRig({}, { persists: false });
  const source = new ToldSource();
  const run = rig.stream.putSource(source);
  source.sink?.frame({ data: videoUnit(0, true) });
  const stopped = rig.stream.stop();
  source.sink?.frame({ data: videoUnit(1, false) });
  await run;
  assert.equal(source.stops, 1);
  rig.sink.persists = true;
  rig.sink.pump();
  await stopped;
});

test("a source's own error is what putSource rejects with, and it is stopped", async () => {
  const rig = await makeRig();
  const source = frames(3, () => Promise.reject(new Error('the camera was unplugged')));
  await assert.rejects(rig.stream.putSource(source), /unplugged/);
  assert.equal(source.stops(), 1);
  assert.equal(rig.stream.state, 'ready');
});

test("the stream's failure ends its source, and is what putSource rejects with", async () => {
  const rig = await makeRig();
  const source = new ToldSource();
  const run = assert.rejects(rig.stream.putSource(source), {
    code: 'STATUS_ACK_ERR_KMS_KEY_ACCESS_DENIED',
  });
  const closed = once(rig.stream, 'streamClosed').catch(() => {});
  const error = new KvsError('STATUS_ACK_ERR_KMS_KEY_ACCESS_DENIED', 'PutMedia is not allowed');
  rig.sink.dependencies.events.error(error, { fatal: true, fragment: undefined });
  await Promise.all([run, closed]);
  assert.equal(source.stops, 1);
});

test('a frame that can never be used throws nothing at the source, but ends it', async () => {
  const rig = await makeRig();
  const source = new ToldSource();
  const run = assert.rejects(rig.stream.putSource(source), {
    code: 'STATUS_MKV_TRACK_INFO_NOT_FOUND',
  });
  source.sink?.frame({ trackId: 7, data: videoUnit(0, true) });
  await run;
  assert.equal(source.stops, 1);
});

test('a format that can never be used throws nothing at the source, but ends it', async () => {
  const rig = await makeRig();
  const source = new ToldSource();
  const run = assert.rejects(rig.stream.putSource(source), {
    code: 'STATUS_MKV_TRACK_INFO_NOT_FOUND',
  });
  source.sink?.format(VIDEO, 9);
  await run;
});

test('a stream that has ended refuses a source before it is started', async () => {
  const rig = await makeRig();
  await rig.stream.stop();
  const source = new ToldSource();
  await assert.rejects(rig.stream.putSource(source), { code: 'STATUS_STREAM_HAS_BEEN_STOPPED' });
  assert.equal(source.sink, undefined);
});
