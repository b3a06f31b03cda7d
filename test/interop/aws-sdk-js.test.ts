import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { after, test } from 'node:test';
import {
  CreateStreamCommand,
  DeleteStreamCommand,
  DescribeStreamCommand,
  GetDataEndpointCommand,
  KinesisVideoClient,
  ListStreamsCommand,
  ListTagsForStreamCommand,
  ResourceInUseException,
  ResourceNotFoundException,
  TagStreamCommand,
  UpdateDataRetentionCommand,
} from '@aws-sdk/client-kinesis-video';
import {
  GetClipCommand,
  GetHLSStreamingSessionURLCommand,
  GetMediaForFragmentListCommand,
  KinesisVideoArchivedMediaClient,
  ListFragmentsCommand,
} from '@aws-sdk/client-kinesis-video-archived-media';
import { GetMediaCommand, KinesisVideoMediaClient } from '@aws-sdk/client-kinesis-video-media';
import {
  LOCAL_ACCESS_KEY_ID as accessKeyId,
  LOCAL_SECRET_ACCESS_KEY as secretAccessKey,
} from '../../src/local/sigv4/credential-store.ts';
import { MatroskaReader } from '../../src/matroska/reader.ts';
import { packageRoot } from '../../src/runtime/package-root.ts';
import { createStream } from '../local/support/client.ts';
import { h264Document } from '../local/support/media.ts';
import { putDocument } from '../local/support/put-media.ts';
import { startService, temporaryFolder } from '../local/support/service.ts';
import { ffprobe, ffprobeChunks } from '../local/support/tools.ts';
import {
  casesIn,
  modelledOperations,
  nameOf,
  outcomeOf,
  withoutCause,
} from './conformance/outcome.ts';
import { conformancePage } from './conformance/page.ts';
import { openWorld, PACKAGES } from './conformance/world.ts';

const folder = mkdtempSync(join(tmpdir(), 'kvs-conformance-'));
const world = await openWorld(join(folder, 'data'));
after(async () => {
  await world.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Of each operation what was had: exceptions, and 'result'. */
const passed = new Map<string, Set<string>>();

for (const one of casesIn(world)) {
  test(nameOf(one), async () => {
    const { error, status, lacks } = await outcomeOf(one, world);
    assert.equal(error, one.error);
    assert.deepEqual(lacks, []);
    if (one.error !== undefined) {
      // The SDK made it of the class that the model names.
      assert.ok(one.error in PACKAGES[one.target], one.error);
      const isMissing = /NotFound/.test(one.error);
      assert.equal(status, isMissing ? 404 : 400);
    }
    const had = passed.get(one.operation) ?? new Set();
    passed.set(one.operation, had.add(one.error ?? 'result'));
  });
}

// AWS has causes of its own, and is faster than some cases.
const skip = world.endpoint === undefined ? 'the cases ran against AWS' : false;

test('each modelled exception of every operation was had, or has no cause', { skip }, () => {
  for (const { operation, errors } of modelledOperations()) {
    assert.ok(passed.has(operation), operation);
    for (const error of errors) {
      const isKnown =
        passed.get(operation)?.has(error) === true || withoutCause(operation, error) !== undefined;
      assert.ok(isKnown, `${operation} ${error}`);
    }
  }
});

test('the page of conformance has what was had (node scripts/conformance.mjs)', { skip }, () => {
  const page = conformancePage(modelledOperations(), passed);
  const file = join(packageRoot, 'docs/4-local-service/conformance.md');
  if (process.env['KVS_CONFORMANCE_WRITE'] === 'true') writeFileSync(file, page);
  assert.equal(readFileSync(file, 'utf8'), page);
});

function configuration(endpoint: string) {
  return {
    endpoint,
    region: 'us-west-2',
    credentials: { accessKeyId, secretAccessKey },
  };
}

test('the SDK for JavaScript drives a stream through its life', async (t) => {
  const { url } = await startService(t);
  const client = new KinesisVideoClient(configuration(url));
  t.after(() => client.destroy());
  const StreamName = 'sdk';
  await assert.rejects(client.send(new DescribeStreamCommand({ StreamName })), (error) => {
    assert.ok(error instanceof ResourceNotFoundException);
    assert.equal(error.$metadata.httpStatusCode, 404);
    assert.match(error.message, /not found or not active/);
    return true;
  });
  const { StreamARN } = await client.send(
    new CreateStreamCommand({ StreamName, DataRetentionInHours: 2, MediaType: 'video/h264' }),
  );
  await assert.rejects(
    client.send(new CreateStreamCommand({ StreamName })),
    ResourceInUseException,
  );
  const { StreamInfo } = await client.send(new DescribeStreamCommand({ StreamName }));
  assert.equal(StreamInfo?.StreamARN, StreamARN);
  assert.ok(StreamInfo?.CreationTime instanceof Date);
  assert.ok(Math.abs(StreamInfo.CreationTime.getTime() - Date.now()) < 60_000);
  await client.send(new TagStreamCommand({ StreamARN, Tags: { a: 'b' } }));
  const { Tags } = await client.send(new ListTagsForStreamCommand({ StreamName }));
  assert.deepEqual(Tags, { a: 'b' });
  await client.send(
    new UpdateDataRetentionCommand({
      StreamName,
      CurrentVersion: StreamInfo.Version,
      Operation: 'INCREASE_DATA_RETENTION',
      DataRetentionChangeInHours: 1,
    }),
  );
  const { StreamInfoList } = await client.send(new ListStreamsCommand({}));
  assert.deepEqual(
    StreamInfoList?.map((info) => info.DataRetentionInHours),
    [3],
  );
  const { DataEndpoint } = await client.send(
    new GetDataEndpointCommand({ StreamName, APIName: 'PUT_MEDIA' }),
  );
  assert.equal(DataEndpoint, url);
  await client.send(new DeleteStreamCommand({ StreamARN }));
  await assert.rejects(
    client.send(new DescribeStreamCommand({ StreamARN })),
    ResourceNotFoundException,
  );
});

test('GetMedia reads every frame back with the SDK for JavaScript', async (t) => {
  const { url } = await startService(t);
  await createStream(url, 'demo');
  await putDocument(url, 'demo', h264Document());
  const client = new KinesisVideoMediaClient(configuration(url));
  t.after(() => client.destroy());
  const { Payload } = await client.send(
    new GetMediaCommand({
      StreamName: 'demo',
      StartSelector: { StartSelectorType: 'EARLIEST' },
    }),
  );
  let frames = 0;
  let chunks = 0;
  const reader = new MatroskaReader({
    block: () => {
      frames += 1;
    },
    tags: (tags) => {
      if (tags.some(({ name }) => name.endsWith('MILLIS_BEHIND_NOW'))) chunks += 1;
    },
  });
  const payload = Payload as unknown as Readable;
  // The answer is endless: it goes on with whatever arrives.
  for await (const part of payload as AsyncIterable<Buffer>) {
    reader.push(part);
    if (chunks === 3) break;
  }
  assert.equal(frames, 60);
});

test('archived media comes back with the SDK for JavaScript', async (t) => {
  const { url } = await startService(t);
  await createStream(url, 'demo');
  await putDocument(url, 'demo', h264Document());
  const client = new KinesisVideoArchivedMediaClient(configuration(url));
  t.after(() => client.destroy());
  const StreamName = 'demo';
  const { Fragments = [] } = await client.send(new ListFragmentsCommand({ StreamName }));
  assert.deepEqual(
    Fragments.map((fragment) => fragment.ProducerTimestamp?.getTime()),
    [0, 1000, 2000],
  );
  const folder = temporaryFolder(t);
  const numbers = Fragments.map((fragment) => fragment.FragmentNumber ?? '');
  const list = await client.send(
    new GetMediaForFragmentListCommand({ StreamName, Fragments: numbers }),
  );
  const bytes = await list.Payload?.transformToByteArray();
  writeFileSync(join(folder, 'list.mkv'), bytes ?? '');
  const all = await ffprobeChunks(join(folder, 'list.mkv'));
  assert.equal(Number(all.streams[0]?.nb_read_frames), 60);

  const TimestampRange = { StartTimestamp: new Date(0), EndTimestamp: new Date(1500) };
  const clip = await client.send(
    new GetClipCommand({
      StreamName,
      ClipFragmentSelector: { FragmentSelectorType: 'PRODUCER_TIMESTAMP', TimestampRange },
    }),
  );
  writeFileSync(join(folder, 'clip.mp4'), (await clip.Payload?.transformToByteArray()) ?? '');
  const probed = await ffprobe(join(folder, 'clip.mp4'));
  assert.equal(Number(probed.streams[0]?.nb_read_frames), 40);

  const { HLSStreamingSessionURL } = await client.send(
    new GetHLSStreamingSessionURLCommand({
      StreamName,
      PlaybackMode: 'ON_DEMAND',
      HLSFragmentSelector: { FragmentSelectorType: 'PRODUCER_TIMESTAMP', TimestampRange },
    }),
  );
  assert.match(HLSStreamingSessionURL ?? '', /getHLSMasterPlaylist\.m3u8\?SessionToken=/);
});
