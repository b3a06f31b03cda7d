// What the consumer reads of a real pipeline's stream, through a network that breaks.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { ConsumerReconnect } from '../../src/consumer/calls/retries.ts';
import { KinesisVideoConsumer } from '../../src/consumer/consumer.ts';
import type { ConsumedFragment } from '../../src/consumer/fragments/consumed-fragment.ts';
import { AnnexB } from '../../src/consumer/frames/annex-b.ts';
import {
  LOCAL_ACCESS_KEY_ID,
  LOCAL_SECRET_ACCESS_KEY,
} from '../../src/local/sigv4/credential-store.ts';
import { decodedFrames } from '../e2e/support/framecrc.ts';
import { persisted } from '../e2e/support/persisted.ts';
import { pipelineEnvironment, startPipeline, words } from '../e2e/support/run.ts';
import { packetsOf } from '../e2e/support/tools.ts';
import { createStream } from '../local/support/client.ts';
import { startService, temporaryFolder } from '../local/support/service.ts';
import { FaultProxy } from '../putmedia/support/fault-proxy.ts';

const KEYS = { accessKeyId: LOCAL_ACCESS_KEY_ID, secretAccessKey: LOCAL_SECRET_ACCESS_KEY };
const FRAMES = 90;

/** Both branches go on in the pipeline's text. */
function camera(isLive: boolean, encoder: string): string {
  return `videotestsrc is-live=${isLive} num-buffers=${FRAMES} !
    video/x-raw,width=320,height=240,framerate=30/1 ! ${encoder} ! tee name=t
    t. ! queue ! kvssink stream-name=camera`;
}

const X264 = 'x264enc speed-preset=ultrafast bframes=2 key-int-max=15 ! h264parse';

function consumerOf(t: TestContext, url: string, streamName = 'camera'): KinesisVideoConsumer {
  const env = { AWS_EC2_METADATA_DISABLED: 'true' };
  const endpoint = { endpoint: url, region: 'us-west-2', credentials: KEYS };
  const consumer = new KinesisVideoConsumer({ streamName, ...endpoint, env });
  t.after(() => consumer.close());
  return consumer;
}

function hashes(fragments: readonly ConsumedFragment[]): string[] {
  const frames = fragments.flatMap((fragment) => fragment.frames);
  return frames.map(({ data }) => createHash('md5').update(data).digest('hex'));
}

function hashesOf(file: string): string[] {
  return packetsOf(file).map(({ hash }) => hash);
}

test('a live stream is read while it is produced, each frame once, through connections that break', async (t) => {
  const service = await startService(t);
  const reference = join(temporaryFolder(t), 'reference.mkv');
  await using proxy = new FaultProxy();
  await proxy.listen(Number(new URL(service.url).port));
  const line = `${camera(true, X264)}
    t. ! queue ! matroskamux ! filesink location=${reference}`;
  const pipeline = startPipeline(
    t,
    'gst-launch-1.0',
    words(line),
    pipelineEnvironment(service.url),
  );
  await persisted(service, 'camera', 1);
  const consumer = consumerOf(t, `http://localhost:${proxy.port}`);
  const stop = new AbortController();
  const fragments: ConsumedFragment[] = [];
  const reconnects: ConsumerReconnect[] = [];
  const media = consumer.media({
    start: 'earliest',
    signal: stop.signal,
    onReconnect: (reconnect) => reconnects.push(reconnect),
  });
  for await (const fragment of media) {
    fragments.push(fragment);
    if (fragments.length % 2 === 0) proxy.reset();
    const frames = fragments.reduce((sum, one) => sum + one.frames.length, 0);
    if (frames >= FRAMES) stop.abort();
  }
  assert.equal((await pipeline.finished).code, 0);
  assert.deepEqual(hashes(fragments), hashesOf(reference));
  assert.ok(reconnects.length >= 1, `${reconnects.length} reconnections`);
  const numbers = fragments.map(({ number }) => BigInt(number ?? 0));
  assert.deepEqual(
    numbers,
    [...numbers].sort((a, b) => (a < b ? -1 : 1)),
  );
});

test('what is stored is read by several calls at once, in order, and decodes as a byte stream', async (t) => {
  for (const [encoder, format] of [
    [X264, 'h264'],
    ['x265enc key-int-max=15 ! h265parse', 'hevc'],
  ] as const) {
    const service = await startService(t);
    const folder = temporaryFolder(t);
    const reference = join(folder, 'reference.mkv');
    const line = `${camera(false, encoder)} streaming-type=offline
      t. ! queue ! matroskamux ! filesink location=${reference}`;
    const env = pipelineEnvironment(service.url);
    const { code } = await startPipeline(t, 'gst-launch-1.0', words(line), env).finished;
    assert.equal(code, 0);
    const consumer = consumerOf(t, service.url);
    const fragments: ConsumedFragment[] = [];
    const range = { from: new Date(0), to: new Date(Date.now() + 3_600_000), parallel: 3 };
    for await (const fragment of consumer.archive(range)) fragments.push(fragment);
    assert.deepEqual(hashes(fragments), hashesOf(reference));
    const [track] = fragments[0]?.tracks ?? [];
    assert.ok(track);
    const annexB = new AnnexB(track);
    const file = join(folder, `film.${format}`);
    const frames = fragments.flatMap((fragment) => fragment.frames);
    writeFileSync(file, Buffer.concat(frames.map((frame) => annexB.frame(frame))));
    assert.equal(await decodedFrames([file]), FRAMES);
    const listed: string[] = [];
    for await (const { number } of consumer.fragments(range)) listed.push(number);
    assert.deepEqual(
      listed,
      fragments.map(({ number }) => number),
    );
  }
});

test('leaving the loop closes the connection', async (t) => {
  const service = await startService(t);
  const line = `${camera(false, X264)} streaming-type=offline`;
  const env = pipelineEnvironment(service.url);
  await startPipeline(t, 'gst-launch-1.0', words(line), env).finished;
  for await (const _ of consumerOf(t, service.url).media({ start: 'earliest' })) break;
  const stream = service.streams.list().find(({ record }) => record.name === 'camera');
  while (stream?.readers !== 0) await new Promise((resolve) => setTimeout(resolve, 5));
});

test('a start behind a fragment that does not exist is an error that says so', async (t) => {
  const service = await startService(t);
  await createStream(service.url, 'camera');
  const { url } = service;
  await assert.rejects(
    consumerOf(t, url)
      .media({ start: { afterFragmentNumber: '1' } })
      .next(),
    {
      name: 'KvsError',
      code: 'STATUS_SERVICE_CALL_RESOURCE_NOT_FOUND_ERROR',
      message: /4000 FRAGMENT_NOT_FOUND/,
      advice: /not stored, or no longer/,
    },
  );
});

test('a stream that does not exist, and keys that are wrong, are errors at once', async (t) => {
  const service = await startService(t);
  await assert.rejects(consumerOf(t, service.url, 'nobody').media().next(), {
    code: 'STATUS_SERVICE_CALL_RESOURCE_NOT_FOUND_ERROR',
  });
  const wrong = new KinesisVideoConsumer({
    streamName: 'nobody',
    endpoint: service.url,
    region: 'us-west-2',
    credentials: { ...KEYS, secretAccessKey: 'wrong' },
    env: { AWS_EC2_METADATA_DISABLED: 'true' },
  });
  t.after(() => wrong.close());
  await assert.rejects(wrong.media().next(), {
    code: 'STATUS_SERVICE_CALL_NOT_AUTHORIZED_ERROR',
  });
});
