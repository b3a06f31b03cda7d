import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { call, createStream } from '../support/client.ts';
import * as m from '../support/matroska.ts';
import { h264Document } from '../support/media.ts';
import { putDocument } from '../support/put-media.ts';
import { startService } from '../support/service.ts';

type Image = { TimeStamp: number; ImageContent?: string; Error?: string };

const SECONDS = { StartTimestamp: 0, EndTimestamp: 4 };

async function getImages(service: string, input: Record<string, unknown>) {
  const answer = await call(service, '/getImages', {
    StreamName: 'demo',
    ImageSelectorType: 'PRODUCER_TIMESTAMP',
    Format: 'PNG',
    ...SECONDS,
    ...input,
  });
  const { Images = [], NextToken } = answer.body as { Images?: Image[]; NextToken?: string };
  return { ...answer, images: Images, NextToken };
}

/** Red, green and blue of a picture, as ffmpeg decodes it. */
function pixels(picture: Uint8Array, ...more: string[]): Buffer {
  const args = ['-v', 'error', '-i', 'pipe:0', ...more, '-frames:v', '1', '-f', 'rawvideo'];
  return execFileSync('ffmpeg', [...args, '-pix_fmt', 'rgb24', '-'], { input: picture });
}

function content(image: Image | undefined): Buffer {
  return Buffer.from(image?.ImageContent ?? '', 'base64');
}

for (const [name, options] of [
  ['', {}],
  [' with B-frames', { bFrames: 3 }],
] as const) {
  test(`GetImages has the picture shown at each time, as ffmpeg decodes it${name}`, async (t) => {
    const { url } = await startService(t);
    await createStream(url, 'demo');
    await putDocument(url, 'demo', h264Document(options));
    const { images, status } = await getImages(url, { SamplingInterval: 1310 });
    assert.equal(status, 200);
    assert.deepEqual(
      images.map((image) => [image.TimeStamp, image.Error]),
      [
        [0, undefined],
        [1.31, undefined],
        [2.62, undefined],
        [3.93, 'NO_MEDIA'],
      ],
    );
    // 20 frames a second: the last one that was shown by then.
    for (const [i, frame] of [0, 26, 52].entries()) {
      const wanted = pixels(h264Document(options), '-vf', `select=eq(n\\,${frame})`);
      assert.ok(pixels(content(images[i])).equals(wanted), `frame ${frame}`);
    }
  });
}

test('GetImages makes JPEGs of a size and quality, and goes on from page to page', async (t) => {
  const { url } = await startService(t);
  await createStream(url, 'demo');
  await putDocument(url, 'demo', h264Document());
  const jpeg = { Format: 'JPEG', SamplingInterval: 500, MaxResults: 4 };
  const first = await getImages(url, { ...jpeg, HeightPixels: 60 });
  assert.equal(first.images.length, 4);
  const second = await getImages(url, { ...jpeg, HeightPixels: 60, NextToken: first.NextToken });
  assert.deepEqual(
    [...first.images, ...second.images].map(({ TimeStamp }) => TimeStamp),
    [0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5],
  );
  // Of 160 × 120, with the height given alone.
  assert.equal(pixels(content(first.images[0])).length, 80 * 60 * 3);
  const sizes = [];
  for (const JPEGQuality of ['1', '100']) {
    const { images } = await getImages(url, {
      ...jpeg,
      MaxResults: 1,
      WidthPixels: 100,
      HeightPixels: 100,
      FormatConfig: { JPEGQuality },
    });
    assert.equal(pixels(content(images[0])).length, 100 * 100 * 3);
    sizes.push(content(images[0]).length);
  }
  assert.ok((sizes[1] ?? 0) > 3 * (sizes[0] ?? 0), `${sizes}`);
});

test('GetImages says where there is no image, and what it does not accept', async (t) => {
  const { url } = await startService(t);
  await createStream(url, 'demo');
  // One picture that is none.
  await putDocument(url, 'demo', Buffer.concat([m.head(), m.cluster(0), m.block(0), m.block(500)]));
  const { images } = await getImages(url, { SamplingInterval: 3000 });
  assert.deepEqual(images, [
    { TimeStamp: 0, Error: 'MEDIA_ERROR' },
    { TimeStamp: 3, Error: 'NO_MEDIA' },
  ]);
  for (const input of [
    { SamplingInterval: 199 },
    { EndTimestamp: 300.001 },
    { EndTimestamp: -1 },
    { WidthPixels: 100 },
    { WidthPixels: 3841, HeightPixels: 100 },
    { FormatConfig: { JPEGQuality: '101' } },
    { FormatConfig: { Quality: '1' } },
    { NextToken: 'AAAA' },
  ]) {
    const { errorType } = await getImages(url, input);
    assert.equal(errorType, 'InvalidArgumentException', JSON.stringify(input));
  }
  await createStream(url, 'bare', { DataRetentionInHours: 0 });
  const bare = await getImages(url, { StreamName: 'bare' });
  assert.equal(bare.errorType, 'NoDataRetentionException');
});

test('without a decoder, GetImages names what to install', async (t) => {
  const { url } = await startService(t);
  await createStream(url, 'demo');
  const path = process.env['PATH'];
  process.env['PATH'] = '/nonexistent';
  const { errorType, body } = await getImages(url, {}).finally(() => {
    process.env['PATH'] = path;
  });
  assert.equal(errorType, 'InvalidArgumentException');
  assert.match(String(body['Message'] ?? body['message']), /ffmpeg.*apt-get install/);
});
