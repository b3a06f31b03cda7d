import assert from 'node:assert/strict';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { LocalService } from '../../src/local/options.ts';
import { startLocalService } from '../../src/local/service.ts';
import {
  LOCAL_ACCESS_KEY_ID,
  LOCAL_SECRET_ACCESS_KEY,
} from '../../src/local/sigv4/credential-store.ts';
import { KinesisVideoProducer } from '../../src/producer/producer.ts';
import type { KinesisVideoStream } from '../../src/producer/stream.ts';
import { storedFrames } from '../e2e/support/stored.ts';
import { startService, temporaryFolder } from '../local/support/service.ts';
import { storedFragments } from '../support/stored-fragments.ts';
import { AV_TRACKS, audioUnit, frame, VIDEO_TRACK, video } from './support/media.ts';

function producerFor(service: LocalService): KinesisVideoProducer {
  return new KinesisVideoProducer({
    region: 'us-west-2',
    endpoint: service.url,
    credentials: {
      accessKeyId: LOCAL_ACCESS_KEY_ID,
      secretAccessKey: LOCAL_SECRET_ACCESS_KEY,
    },
    env: {},
  });
}

/** The files of the fragments that the service stored of a stream; each is a whole document. */
function stored(service: LocalService, name: string): string[] {
  return storedFragments(join(service.dataDir, 'streams', name)).map(({ path }) => path);
}

test('a fragment that is refused since a track stopped in it is sent again without that track', async (t) => {
  const service = await startService(t);
  const producer = producerFor(service);
  const stream = producer.createStream({
    streamName: 'late',
    trackInfoList: AV_TRACKS ?? [],
    interleaveWaitMs: 100,
  });
  const dropped: unknown[] = [];
  const errors: unknown[] = [];
  stream.on('droppedFragment', (event) => dropped.push(event));
  stream.on('streamError', (event) => errors.push(event));
  const refusals: (number | undefined)[] = [];
  stream.on('fragmentAck', ({ ack }) => {
    if (ack.type === 'ERROR') refusals.push(ack.errorId);
  });
  function putAudio(count: number, startMs: number): void {
    for (let i = 0; i < count; i++) {
      stream.putFrame(frame(2, startMs + i * 21, audioUnit(i), { isKeyFrame: true }));
    }
  }
  for (const one of video(30)) stream.putFrame(one);
  // The picture stops and the sound goes on alone for a while; then the other way round.
  putAudio(90, 0);
  await pause(300);
  const late = [...video(60, { startMs: 1_000, firstId: 30 })];
  for (const one of late.slice(0, 29)) stream.putFrame(one);
  await once(stream, 'fragmentAck');
  await pause(300);
  for (const one of late.slice(29)) stream.putFrame(one);
  await stream.stop();
  producer.close();
  assert.deepEqual(refusals, [4011]);
  assert.deepEqual([dropped, errors], [[], []]);
  const frames = await storedFrames(service, 'late');
  assert.equal(frames.filter(({ track }) => track === 1).length, 90);
  assert.equal(frames.filter(({ track }) => track === 2).length, 90);
});

test('a stream with sound is created, sent and persisted; events tell it in order', async (t) => {
  const service = await startService(t);
  const producer = producerFor(service);
  const stream = producer.createStream({
    streamName: 'av',
    trackInfoList: AV_TRACKS ?? [],
    tags: { place: 'door' },
  });
  const names: string[] = [];
  for (const name of ['streamReady', 'streamClosed', 'streamError', 'droppedFrame'] as const) {
    stream.on(name, () => names.push(name));
  }
  let audio = 0;
  for (const one of video(90, { startMs: 1_000 })) {
    stream.putFrame(one);
    while (audio * 21 < Number((one.ptsNs ?? 0n) / 1_000_000n) - 1_000) {
      stream.putFrame(frame(2, 1_000 + audio * 21, audioUnit(audio++)));
    }
  }
  await stream.stop({ timeoutMs: 20_000 });
  producer.close();
  assert.deepEqual(names, ['streamReady', 'streamClosed']);
  const local = service.streams.byName('av');
  assert.deepEqual(local?.record.tags, { place: 'door' });
  assert.equal(stored(service, 'av').length, 3);
});

test('the end of an `await using` block persists what was put, then closes the service', async (t) => {
  const dataDir = temporaryFolder(t);
  let stream: KinesisVideoStream;
  let url: string;
  {
    await using service = await startLocalService({ dataDir });
    await using producer = producerFor(service);
    url = service.url;
    stream = producer.createStream({ streamName: 'door', trackInfoList: VIDEO_TRACK ?? [] });
    for (const one of video(90)) stream.putFrame(one);
  }
  assert.equal(stream.state, 'stopped');
  assert.equal(stream.metrics().persistedAcks, 3);
  await assert.rejects(fetch(url));
});

test('a service that is refused by its keys is a fatal error that stop() repeats', async (t) => {
  const service = await startService(t);
  const producer = new KinesisVideoProducer({
    region: 'us-west-2',
    endpoint: service.url,
    credentials: { accessKeyId: 'AKIDNOBODY', secretAccessKey: 'wrong' },
    env: {},
  });
  const stream = producer.createStream({ streamName: 'no', trackInfoList: VIDEO_TRACK ?? [] });
  const errors: { code: string; fatal: boolean }[] = [];
  stream.on('streamError', ({ error, fatal }) => errors.push({ code: error.code, fatal }));
  for (const one of video(30)) stream.putFrame(one);
  await assert.rejects(stream.stop({ timeoutMs: 3_000 }));
  await assert.rejects(async () => {
    await using _used = stream;
  }, /security token|key|access/i);
  producer.close();
  assert.ok(errors.length > 0);
  assert.equal(errors[0]?.code, 'STATUS_SERVICE_CALL_NOT_AUTHORIZED_ERROR');
});
