import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { GetMediaCommand, KinesisVideoMediaClient } from '@aws-sdk/client-kinesis-video-media';
import {
  LOCAL_ACCESS_KEY_ID as accessKeyId,
  LOCAL_SECRET_ACCESS_KEY as secretAccessKey,
} from '../../src/local/sigv4/credential-store.ts';
import { MatroskaReader } from '../../src/matroska/reader.ts';
import { createStream } from '../local/support/client.ts';
import { h264Document } from '../local/support/media.ts';
import { putDocument } from '../local/support/put-media.ts';
import { startService } from '../local/support/service.ts';

test('GetMedia reads every frame back with the SDK for JavaScript', async (t) => {
  const { url } = await startService(t);
  await createStream(url, 'demo');
  await putDocument(url, 'demo', h264Document());
  const client = new KinesisVideoMediaClient({
    endpoint: url,
    region: 'us-west-2',
    credentials: { accessKeyId, secretAccessKey },
  });
  t.after(() => client.destroy());

  const { Payload } = await client.send(
    new GetMediaCommand({
      StreamName: 'demo',
      StartSelector: { StartSelectorType: 'EARLIEST' },
    }),
  );
  let frames = 0;
  const tags: string[] = [];
  const reader = new MatroskaReader({
    block: () => {
      frames += 1;
    },
    tags: (found) => {
      for (const { name } of found) tags.push(name);
    },
  });
  // The answer is endless: it goes on with whatever arrives.
  const stream = Payload as unknown as NodeJS.ReadableStream & { destroy(): void };
  await new Promise<void>((resolve, reject) => {
    stream.on('data', (part: Buffer) => {
      reader.push(part);
      if (tags.filter((name) => name.endsWith('MILLIS_BEHIND_NOW')).length === 3) resolve();
    });
    stream.on('error', reject);
  });
  stream.destroy();
  await once(stream, 'close');
  assert.equal(frames, 60);
});
