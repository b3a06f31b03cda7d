import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  LOCAL_ACCESS_KEY_ID,
  LOCAL_SECRET_ACCESS_KEY,
} from '../../src/local/sigv4/credential-store.ts';
import { h264Document } from '../local/support/media.ts';
import { putDocument } from '../local/support/put-media.ts';
import { startService, temporaryFolder } from '../local/support/service.ts';
import { ffprobeChunks, isInstalled, output } from '../local/support/tools.ts';

const skip = isInstalled('aws') ? false : 'the AWS CLI is not installed';

const credentials = {
  AWS_ACCESS_KEY_ID: LOCAL_ACCESS_KEY_ID,
  AWS_SECRET_ACCESS_KEY: LOCAL_SECRET_ACCESS_KEY,
  AWS_DEFAULT_REGION: 'eu-central-1',
  AWS_EC2_METADATA_DISABLED: 'true',
  AWS_PAGER: '',
};

test('the AWS CLI creates, describes, reads and deletes a stream', { skip }, async (t) => {
  const { url, tlsUrl, caFile } = await startService(t, { tlsPort: 0 });
  const folder = temporaryFolder(t);
  const env = { ...credentials, AWS_CONFIG_FILE: join(folder, 'none'), AWS_CA_BUNDLE: caFile };
  const aws = (...args: string[]) =>
    output('aws', ['--endpoint-url', tlsUrl ?? '', '--output', 'json', ...args], env);
  const on = ['--stream-name', 'cli'];

  const created = JSON.parse(
    await aws('kinesisvideo', 'create-stream', ...on, '--data-retention-in-hours', '1'),
  ) as { StreamARN: string };
  assert.match(created.StreamARN, /:eu-central-1:/);
  const endpoint = await aws('kinesisvideo', 'get-data-endpoint', ...on, '--api-name', 'GET_MEDIA');
  assert.ok(endpoint.includes(tlsUrl ?? ''));
  await assert.rejects(
    aws('kinesisvideo', 'describe-stream', '--stream-name', 'none'),
    /\(ResourceNotFoundException\) when calling the DescribeStream operation/,
  );
  await putDocument(url, 'cli', h264Document());
  const listed = JSON.parse(await aws('kinesis-video-archived-media', 'list-fragments', ...on)) as {
    Fragments: { FragmentNumber: string }[];
  };
  assert.equal(listed.Fragments.length, 3);
  const file = join(folder, 'list.mkv');
  await aws(
    'kinesis-video-archived-media',
    'get-media-for-fragment-list',
    ...on,
    '--fragments',
    ...listed.Fragments.map((fragment) => fragment.FragmentNumber),
    '--',
    file,
  );
  assert.equal(Number((await ffprobeChunks(file)).streams[0]?.nb_read_frames), 60);

  // As the guide configures images: from a file, and deleted by leaving the configuration out.
  const images = join(folder, 'images.json');
  const configuration = {
    Status: 'ENABLED',
    ImageSelectorType: 'PRODUCER_TIMESTAMP',
    DestinationConfig: { Uri: 's3://bucket', DestinationRegion: 'eu-central-1' },
    SamplingInterval: 200,
    Format: 'PNG',
  };
  writeFileSync(
    images,
    JSON.stringify({ StreamName: 'cli', ImageGenerationConfiguration: configuration }),
  );
  const update = 'update-image-generation-configuration';
  await aws('kinesisvideo', update, '--cli-input-json', `file://${images}`);
  const described = await aws('kinesisvideo', 'describe-image-generation-configuration', ...on);
  assert.deepEqual(JSON.parse(described), { ImageGenerationConfiguration: configuration });
  const range = 'TimestampRange={StartTimestamp=0,EndTimestamp=60}';
  const dash = await aws(
    ...['kinesis-video-archived-media', 'get-dash-streaming-session-url', ...on],
    ...['--playback-mode', 'ON_DEMAND', '--dash-fragment-selector'],
    `FragmentSelectorType=PRODUCER_TIMESTAMP,${range}`,
  );
  assert.match(dash, /getDASHManifest\.mpd\?SessionToken=/);

  // GetMedia ends when the stream is deleted.
  const media = join(folder, 'media.mkv');
  writeFileSync(media, '');
  const reading = aws(
    'kinesis-video-media',
    'get-media',
    ...on,
    '--start-selector',
    'StartSelectorType=EARLIEST',
    media,
  );
  await until(() => readFileSync(media).includes('MILLIS_BEHIND_NOW'));
  await aws('kinesisvideo', 'delete-stream', '--stream-arn', created.StreamARN);
  await reading;
  assert.equal(Number((await ffprobeChunks(media)).streams[0]?.nb_read_frames), 60);
});

async function until(isTrue: () => boolean): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (!isTrue()) {
    if (performance.now() > deadline) throw new Error('waited for nothing');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
