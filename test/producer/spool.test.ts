import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { LocalService } from '../../src/local/options.ts';
import {
  LOCAL_ACCESS_KEY_ID,
  LOCAL_SECRET_ACCESS_KEY,
} from '../../src/local/sigv4/credential-store.ts';
import type { StreamEvents } from '../../src/producer/events/events.ts';
import type { StreamInfo } from '../../src/producer/info/stream-info.ts';
import { KinesisVideoProducer } from '../../src/producer/producer.ts';
import type { KinesisVideoStream } from '../../src/producer/stream.ts';
import { storedFrames } from '../e2e/support/stored.ts';
import { startService, temporaryFolder } from '../local/support/service.ts';
import { VIDEO_TRACK, video } from './support/media.ts';

const MIB = 1024 * 1024;
/** A fragment is a second of 30 frames, 120 kB: memory holds about seven. */
const FRAME_BYTES = 4_000;

type Site = { dataDir: string; port: number; spoolDirectory: string };

/** A service that has been there and is gone. */
async function absentService(t: TestContext): Promise<Site> {
  const dataDir = temporaryFolder(t);
  const service = await startService(t, { dataDir });
  const port = Number(new URL(service.url).port);
  await service.close();
  return { dataDir, port, spoolDirectory: temporaryFolder(t) };
}

function comeBack(t: TestContext, { dataDir, port }: Site): Promise<LocalService> {
  return startService(t, { dataDir, port });
}

type Opened = {
  producer: KinesisVideoProducer;
  stream: KinesisVideoStream;
  warnings: string[];
  lost: { reason: string }[];
  spool: StreamEvents['spool'][];
};

function open(
  t: TestContext,
  site: Site,
  info: StreamInfo = {},
  secretAccessKey = LOCAL_SECRET_ACCESS_KEY,
): Opened {
  const producer = new KinesisVideoProducer({
    region: 'us-west-2',
    endpoint: `http://127.0.0.1:${site.port}`,
    credentials: { accessKeyId: LOCAL_ACCESS_KEY_ID, secretAccessKey },
    env: {},
    deviceInfo: { storageInfo: { storageSize: MIB } },
  });
  t.after(() => producer.close());
  const stream = producer.createStream({
    streamName: 'camera',
    trackInfoList: VIDEO_TRACK ?? [],
    spoolDirectory: site.spoolDirectory,
    ...info,
  });
  const warnings: string[] = [];
  const lost: { reason: string }[] = [];
  const spool: StreamEvents['spool'][] = [];
  stream.on('streamWarning', ({ warning }) => warnings.push(warning.message));
  stream.on('droppedFragment', (drop) => lost.push(drop));
  stream.on('droppedFrame', (drop) => lost.push(drop));
  stream.on('spool', (status) => spool.push(status));
  return { producer, stream, warnings, lost, spool };
}

/** Seconds of video, from a time on. */
function putSeconds(stream: KinesisVideoStream, fromS: number, seconds: number): void {
  const frames = video(seconds * 30, { startMs: fromS * 1000, byteLength: FRAME_BYTES });
  for (const one of frames) stream.putFrame(one);
}

/** Times of the stored frames in ms. */
async function storedTimes(service: LocalService): Promise<number[]> {
  return (await storedFrames(service, 'camera')).map(({ timeMs }) => timeMs);
}

/** Times of all frames that were put, in ms. */
function timesOf(fromS: number, seconds: number): number[] {
  return [...video(seconds * 30, { startMs: fromS * 1000 })].map(({ ptsNs = 0n }) =>
    Number(ptsNs / 1_000_000n),
  );
}

function spoolFiles({ spoolDirectory }: Site): string[] {
  return readdirSync(join(spoolDirectory, 'camera.spool'));
}

test('an outage that is longer than memory holds loses nothing, and nothing is sent twice', async (t) => {
  const site = await absentService(t);
  const { stream, lost, spool } = open(t, site);
  putSeconds(stream, 1000, 18);
  const service = await comeBack(t, site);
  await stream.stop({ timeoutMs: 60_000 });
  assert.deepEqual(await storedTimes(service), timesOf(1000, 18));
  assert.deepEqual(lost, []);
  assert.deepEqual(spoolFiles(site), []);
  assert.deepEqual([...new Set(spool.map(({ state }) => state))], ['waiting', 'sending', 'empty']);
});

test('what the end of a stream leaves is written, reported, and sent after the next start', async (t) => {
  const site = await absentService(t);
  const first = open(t, site);
  putSeconds(first.stream, 1000, 12);
  await first.stream.stop({ timeoutMs: 1_000 });
  assert.deepEqual(first.lost, []);
  assert.match(
    first.warnings.at(-1) ?? '',
    /^360 frames in 12 fragments \(12 s\) were not delivered and are waiting in the spool in .*camera\.spool$/,
  );
  const service = await comeBack(t, site);
  const second = open(t, site);
  putSeconds(second.stream, 2000, 2);
  await second.stream.stop({ timeoutMs: 60_000 });
  assert.deepEqual(await storedTimes(service), [...timesOf(1000, 12), ...timesOf(2000, 2)]);
  assert.deepEqual(second.warnings, []);
  assert.deepEqual(spoolFiles(site), []);
});

test('live-first: what is live is stored while the backlog is still on its way', async (t) => {
  const site = await absentService(t);
  const first = open(t, site);
  putSeconds(first.stream, 1000, 14);
  await first.stream.stop({ timeoutMs: 1_000 });
  const service = await comeBack(t, site);
  const { stream } = open(t, site, { spoolPolicy: 'live-first', spoolBandwidthBps: 2_000_000 });
  putSeconds(stream, 5000, 2);
  await stream.endFragment();
  const isLive = (): boolean =>
    (service.streams.byName('camera')?.fragments.recent ?? []).some(
      ({ producerTimestampMs }) => producerTimestampMs >= 5_000_000,
    );
  while (!isLive()) await once(stream, 'fragmentAck');
  const left = stream.metrics().spool?.fragments ?? 0;
  assert.ok(left >= 8, `${left} of 14 fragments are left when the live one is stored`);
  await stream.stop({ timeoutMs: 60_000 });
  const times = await storedTimes(service);
  assert.deepEqual(
    times.filter((time) => time < 2_000_000),
    timesOf(1000, 14),
  );
  const live = times.filter((time) => time > 2_000_000);
  assert.deepEqual(
    live.sort((a, b) => a - b),
    timesOf(5000, 2),
  );
});

test('a spool that another process has is an error that ends the stream, with its number', async (t) => {
  const site = await absentService(t);
  const first = open(t, site);
  await once(first.stream, 'connectionState');
  const second = open(t, site);
  await assert.rejects(
    once(second.stream, 'streamReady'),
    new RegExp(`in use by process ${process.pid}`),
  );
});

test('without a spool an outage drops as ever', async (t) => {
  const site = await absentService(t);
  const { stream, lost } = open(t, site, { spoolDirectory: '' });
  putSeconds(stream, 1000, 18);
  assert.ok(lost.length > 5);
  assert.deepEqual(readdirSync(site.spoolDirectory), []);
});

test('a stream that fails for good leaves all that it has to the spool, also when it is closed at once', async (t) => {
  const dataDir = temporaryFolder(t);
  const service = await startService(t, { dataDir });
  const site = {
    dataDir,
    port: Number(new URL(service.url).port),
    spoolDirectory: temporaryFolder(t),
  };
  const { stream, lost } = open(t, site, {}, 'a wrong key');
  const failed = new Promise((resolve) => {
    stream.on('streamError', ({ error, fatal }) => {
      if (!fatal) return;
      // As kvssink does.
      stream.close();
      resolve(error);
    });
  });
  putSeconds(stream, 0, 1);
  for (const one of video(10, { startMs: 1_000, byteLength: FRAME_BYTES })) stream.putFrame(one);
  await failed;
  await stream.kept;
  assert.deepEqual(lost, []);

  const next = open(t, site);
  await next.stream.stop();
  assert.deepEqual(await storedTimes(service), timesOf(0, 2).slice(0, 40));
});
