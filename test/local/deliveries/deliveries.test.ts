import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { encodeTags, imageGenerationTags, notificationTags } from '../../../src/matroska/tags.ts';
import { listFragments } from '../../support/list-fragments.ts';
import { call, createStream } from '../support/client.ts';
import { h264Document } from '../support/media.ts';
import { putDocument } from '../support/put-media.ts';
import { startService, temporaryFolder } from '../support/service.ts';
import { ffprobe } from '../support/tools.ts';

const CLUSTER = Buffer.from('1f43b675', 'hex');
const TOPIC = 'arn:aws:sns:us-west-2:123456789012:doors';

/** Three fragments of a second, with tags in front of the second. */
function document(tags: Uint8Array): Buffer {
  const plain = h264Document();
  const at = plain.indexOf(CLUSTER, plain.indexOf(CLUSTER) + 1);
  return Buffer.concat([plain.subarray(0, at), tags, plain.subarray(at)]);
}

const images = {
  Status: 'ENABLED',
  ImageSelectorType: 'PRODUCER_TIMESTAMP',
  DestinationConfig: { Uri: 's3://bucket/doors', DestinationRegion: 'us-west-2' },
  SamplingInterval: 400,
  Format: 'JPEG',
  WidthPixels: 80,
};

async function configure(service: string, input: Record<string, unknown>): Promise<void> {
  const [name = ''] = Object.keys(input);
  const path = `/update${name}`;
  const { status, body } = await call(service, path, { StreamName: 'demo', ...input });
  assert.equal(status, 200, JSON.stringify(body));
}

test('images of a fragment that asks for them go where S3 would have them', async (t) => {
  const dataDir = temporaryFolder(t);
  const service = await startService(t, { dataDir });
  await createStream(service.url, 'demo');
  await configure(service.url, { ImageGenerationConfiguration: images });
  // A prefix from outside stays inside.
  const tags = encodeTags(imageGenerationTags({ imagePrefix: '../../cam' }));
  await putDocument(service.url, 'demo', document(tags));
  const [, second] = await listFragments(service.streams.byName('demo')?.fragments);
  await service.close();
  const files = readdirSync(join(dataDir, 's3/bucket/doors')).sort();
  const uuid = '[0-9a-f-]{36}';
  const expected = [1000, 1400, 1800].flatMap((ms) =>
    ['', '.metadata.json'].map((end) => `^cam_123456789012_demo_${ms}_${uuid}.jpg${end}$`),
  );
  assert.equal(files.length, expected.length, files.join(' '));
  for (const [i, pattern] of expected.entries()) assert.match(files[i] ?? '', new RegExp(pattern));
  const [jpeg = '', metadata = ''] = files.map((file) => join(dataDir, 's3/bucket/doors', file));
  const { streams } = await ffprobe(jpeg);
  assert.deepEqual([streams[0]?.codec_name, streams[0]?.width], ['mjpeg', 80]);
  assert.equal(JSON.parse(readFileSync(metadata, 'utf8')).FragmentNumber, second?.number);
});

test('a notification is a line of what SNS would publish, for each event', async (t) => {
  const dataDir = temporaryFolder(t);
  const service = await startService(t, { dataDir });
  await createStream(service.url, 'demo');
  const configuration = { Status: 'ENABLED', DestinationConfig: { Uri: TOPIC } };
  await configure(service.url, { NotificationConfiguration: configuration });
  const tags = ['open', 'shut'].map((door) => encodeTags(notificationTags({ pairs: { door } })));
  await putDocument(service.url, 'demo', document(Buffer.concat(tags)));
  const stream = service.streams.byName('demo');
  const [, second] = await listFragments(stream?.fragments);
  await service.close();
  const lines = readFileSync(join(dataDir, 'sns/doors.ndjson'), 'utf8').trim().split('\n');
  const published = lines.map((line) => JSON.parse(line) as { TopicArn: string; Message: string });
  assert.deepEqual(
    published.map(({ TopicArn, Message }) => [TopicArn, JSON.parse(Message)]),
    ['open', 'shut'].map((door) => [
      TOPIC,
      {
        StreamArn: stream?.record.arn,
        FragmentNumber: second?.number,
        FragmentStartProducerTimestamp: 1000,
        FragmentStartServerTimestamp: second?.serverTimestampMs,
        NotificationType: 'PERSISTED',
        NotificationPayload: { door },
      },
    ]),
  );
});

test('what is disabled, deleted or not asked for is not delivered', async (t) => {
  const dataDir = temporaryFolder(t);
  const service = await startService(t, { dataDir });
  await createStream(service.url, 'demo');
  const notification = { Status: 'ENABLED', DestinationConfig: { Uri: TOPIC } };
  await configure(service.url, { ImageGenerationConfiguration: images });
  await configure(service.url, { NotificationConfiguration: notification });
  await putDocument(service.url, 'demo', h264Document());
  await configure(service.url, {
    ImageGenerationConfiguration: { ...images, Status: 'DISABLED' },
  });
  await configure(service.url, { NotificationConfiguration: null });
  const { body } = await call(service.url, '/describeNotificationConfiguration', {
    StreamName: 'demo',
  });
  assert.deepEqual(body, {});
  const tags = [...imageGenerationTags({}), ...notificationTags({})];
  await putDocument(service.url, 'demo', document(encodeTags(tags)));
  await service.close();
  assert.ok(!existsSync(join(dataDir, 's3')));
  assert.ok(!existsSync(join(dataDir, 'sns')));
});

test('a configuration is kept over a restart', async (t) => {
  const dataDir = temporaryFolder(t);
  const first = await startService(t, { dataDir });
  await createStream(first.url, 'demo');
  await configure(first.url, { ImageGenerationConfiguration: images });
  await first.close();
  const second = await startService(t, { dataDir });
  const path = '/describeImageGenerationConfiguration';
  const { body } = await call(second.url, path, { StreamName: 'demo' });
  assert.deepEqual(body, { ImageGenerationConfiguration: images });
});
