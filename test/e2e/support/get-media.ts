import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { GetMediaCommand, KinesisVideoMediaClient } from '@aws-sdk/client-kinesis-video-media';
import type { LocalService } from '../../../src/local/options.ts';
import {
  LOCAL_ACCESS_KEY_ID as accessKeyId,
  LOCAL_SECRET_ACCESS_KEY as secretAccessKey,
} from '../../../src/local/sigv4/credential-store.ts';
import { MatroskaReader } from '../../../src/matroska/reader.ts';
import { fragmentFiles } from './stored.ts';

/** MD5 of each frame of a stream, read with AWS's own JavaScript SDK from the first fragment on. */
export async function readStream(service: LocalService, stream: string): Promise<string[]> {
  const client = new KinesisVideoMediaClient({
    endpoint: service.url,
    region: 'us-west-2',
    credentials: { accessKeyId, secretAccessKey },
  });
  const { Payload } = await client.send(
    new GetMediaCommand({
      StreamName: stream,
      StartSelector: { StartSelectorType: 'EARLIEST' },
    }),
  );
  const payload = Payload as unknown as NodeJS.ReadableStream & { destroy(): void };
  const expected = fragmentFiles(service, stream).length;
  const hashes: string[] = [];
  let fragments = 0;
  const reader = new MatroskaReader({
    block: ({ data }) => {
      hashes.push(createHash('md5').update(data).digest('hex'));
    },
    tags: (tags) => {
      if (tags.some(({ name }) => name.endsWith('MILLIS_BEHIND_NOW'))) fragments++;
    },
  });
  // The answer is endless; the tags behind each fragment's cluster say that it is complete.
  await new Promise<void>((resolve, reject) => {
    payload.on('data', (chunk: Buffer) => {
      reader.push(chunk);
      if (fragments === expected) resolve();
    });
    payload.on('error', reject);
  });
  payload.destroy();
  await once(payload, 'close');
  client.destroy();
  return hashes;
}
