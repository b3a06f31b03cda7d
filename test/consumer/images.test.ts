// Images of decodeImages, compared with what ffmpeg decodes of the same film by itself.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { createReadStream, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { ConsumedFragment } from '../../src/consumer/fragments/consumed-fragment.ts';
import { readFragments } from '../../src/consumer/fragments/fragment-reader.ts';
import {
  type DecodedImage,
  type DecodeImagesOptions,
  decodeImages,
} from '../../src/consumer/images/decode-images.ts';
import { ImageSelection } from '../../src/consumer/images/image-selection.ts';
import { writePng } from '../../src/decoding/png.ts';
import { KvsError } from '../../src/errors/kvs-error.ts';
import { temporaryFolder } from '../local/support/service.ts';

/** So that GStreamer pads its rows. */
const [WIDTH, HEIGHT, FRAMES] = [162, 120, 60];

const ENCODERS = {
  'H.264 with B-frames': 'x264enc speed-preset=ultrafast bframes=2 key-int-max=20 ! h264parse',
  'H.265': 'x265enc key-int-max=20 ! h265parse',
  'M-JPEG': 'jpegenc',
};

/** A film, whose clusters begin with key frames. */
function film(t: TestContext, encoder: string): string {
  const file = join(temporaryFolder(t), 'film.mkv');
  const line = `-q videotestsrc pattern=ball num-buffers=${FRAMES} !
    video/x-raw,format=I420,width=${WIDTH},height=${HEIGHT},framerate=30/1 ! timeoverlay !
    ${encoder} ! matroskamux ! filesink location=${file}`;
  execFileSync('gst-launch-1.0', line.split(/\s+/));
  return file;
}

/** Every image of a film as ffmpeg decodes it. */
function pixelsOf(file: string): Buffer[] {
  const args = `-v error -i ${file} -fps_mode passthrough -f rawvideo -pix_fmt rgb24 -`;
  const all = execFileSync('ffmpeg', args.split(' '), { maxBuffer: 1e9 });
  const size = WIDTH * HEIGHT * 3;
  return Array.from({ length: all.length / size }, (_, i) =>
    all.subarray(i * size, (i + 1) * size),
  );
}

async function fragmentsOf(file: string): Promise<ConsumedFragment[]> {
  const fragments: ConsumedFragment[] = [];
  for await (const fragment of readFragments(createReadStream(file))) fragments.push(fragment);
  return fragments;
}

async function images(
  fragments: readonly ConsumedFragment[],
  options: DecodeImagesOptions,
): Promise<DecodedImage[]> {
  const decoded: DecodedImage[] = [];
  for await (const image of decodeImages(fragments, options)) decoded.push(image);
  return decoded;
}

function meanDifference(some: Uint8Array, others: Uint8Array): number {
  assert.equal(some.length, others.length);
  return some.reduce((sum, value, i) => sum + Math.abs(value - (others[i] ?? 0)), 0) / some.length;
}

for (const [name, encoder] of Object.entries(ENCODERS)) {
  test(`${name}: every image comes once, in order, as ffmpeg decodes it by itself`, async (t) => {
    const file = film(t, encoder);
    const expected = pixelsOf(file);
    const fragments = await fragmentsOf(file);
    assert.ok(fragments.length >= 3);
    for (const decoder of ['ffmpeg', 'gstreamer'] as const) {
      const decoded = await images(fragments, { format: 'rgb', decoder });
      assert.equal(decoded.length, FRAMES, decoder);
      for (const [index, { data, width, height, time }] of decoded.entries()) {
        assert.deepEqual([width, height], [WIDTH, HEIGHT]);
        assert.ok(Math.abs(time.getTime() - (index * 1000) / 30) <= 1, `${index}: ${+time}`);
        // The two convert colours differently, but the ball is in the same place.
        const limit = decoder === 'ffmpeg' ? 0 : 2.5;
        const difference = meanDifference(data, expected[index] ?? Buffer.alloc(0));
        assert.ok(difference <= limit, `${decoder} ${index}: ${difference}`);
      }
    }
  });
}

test('one image of each interval, the first one, whichever program decodes', async (t) => {
  const fragments = await fragmentsOf(film(t, ENCODERS['H.264 with B-frames']));
  for (const decoder of ['ffmpeg', 'gstreamer'] as const) {
    const decoded = await images(fragments, { everyMs: 300, decoder });
    assert.deepEqual(
      decoded.map(({ time }) => time.getTime()),
      [0, 300, 600, 900, 1200, 1500, 1800],
      decoder,
    );
    for (const { data } of decoded) assert.deepEqual([...data.subarray(0, 2)], [0xff, 0xd8]);
    // Most fragments have no such image and are passed over.
    const few = await images(fragments, { everyMs: 1500, decoder });
    assert.deepEqual(
      few.map(({ time }) => time.getTime()),
      [0, 1500],
      decoder,
    );
  }
});

test('open GOPs: pictures in front of a first key frame are left out, all others come', async (t) => {
  const fragments = await fragmentsOf(
    film(t, 'x265enc key-int-max=20 option-string=open-gop=1 ! h265parse'),
  );
  const lost: number[] = [];
  const later = await images(fragments.slice(1), { onLost: (count) => lost.push(count) });
  const [key] = fragments[1]?.frames ?? [];
  const shown = fragments
    .slice(1)
    .flatMap(({ frames }) => frames)
    .filter(({ ptsNs }) => ptsNs >= (key?.ptsNs ?? 0n));
  assert.equal(later.length, shown.length);
  assert.deepEqual(lost, []);
});

test('M-JPEG frames are handed out as they were sent, and scaled where a size is asked for', async (t) => {
  const fragments = await fragmentsOf(film(t, 'jpegenc'));
  const hex = ({ data }: { readonly data: Uint8Array }) => Buffer.from(data).toString('hex');
  const sent = fragments.flatMap(({ frames }) => frames.map(hex));
  const decoded = await images(fragments, {});
  assert.deepEqual(decoded.map(hex), sent);
  const [small] = await images(fragments, { format: 'gray', size: { width: 33, height: 20 } });
  assert.deepEqual([small?.width, small?.height, small?.data.length], [33, 20, 660]);
});

test('images that nobody takes hold up the reading', async (t) => {
  const fragments = await fragmentsOf(film(t, ENCODERS['H.264 with B-frames']));
  // Time goes on from round to round, so that it is one film.
  const round = 2_000_000_000n;
  let read = 0;
  function* endless() {
    for (let i = 0n; ; i += 1n) {
      for (const { frames, ...fragment } of fragments) {
        read += 1;
        yield {
          ...fragment,
          frames: frames.map((frame) => ({ ...frame, ptsNs: frame.ptsNs + i * round })),
        };
      }
    }
  }
  let taken = 0;
  let lead = 0;
  for await (const _ of decodeImages(endless(), {
    format: 'rgb',
    size: { width: 1920, height: 1080 },
  })) {
    taken += 1;
    lead = Math.max(lead, read - taken / 20);
    if (taken === 30) break;
  }
  // What fits into pipes, and what the decoder holds.
  assert.ok(lead < 40, `${lead} fragments were read ahead`);
});

test('damaged frames are counted, and what cannot be decoded at all is an error', async (t) => {
  const fragments = await fragmentsOf(film(t, ENCODERS['H.264 with B-frames']));
  const damaged = fragments.map((fragment, index) =>
    index !== 1
      ? fragment
      : {
          ...fragment,
          frames: fragment.frames.map((frame) => ({ ...frame, data: new Uint8Array(40) })),
        },
  );
  let lost = 0;
  const decoded = await images(damaged, {
    onLost: (count) => {
      lost += count;
    },
  });
  assert.equal(decoded.length + lost, FRAMES);
  assert.ok(lost >= 20, `${lost}`);
  const [fragment] = fragments;
  const [track] = fragment?.tracks ?? [];
  assert.ok(fragment && track);
  const sound = { ...fragment, tracks: [{ ...track, kind: 'audio', codecId: 'A_AAC' } as const] };
  await assert.rejects(images([sound], {}), /has no video, but A_AAC/);
  const unknown = fragment.tracks.map(({ entry, ...rest }) => ({
    ...rest,
    entry: Buffer.from(
      Buffer.from(entry).toString('latin1').replace('V_MPEG4', 'V_XXXX4'),
      'latin1',
    ),
  }));
  for (const decoder of ['ffmpeg', 'gstreamer'] as const) {
    await assert.rejects(images([{ ...fragment, tracks: unknown }], { decoder }), (error) => {
      assert.ok(error instanceof KvsError);
      assert.match(error.message, /could not decode the video/);
      return true;
    });
  }
});

test('without a decoder, the error says what to install', (t) => {
  const path = process.env['PATH'];
  t.after(() => {
    process.env['PATH'] = path;
  });
  const folder = join(temporaryFolder(t), 'bin');
  mkdirSync(folder);
  process.env['PATH'] = folder;
  assert.throws(() => decodeImages([]), {
    message: /ffmpeg or gst-launch-1\.0 is needed/,
    advice: /apt-get install ffmpeg/,
  });
  symlinkSync('/usr/bin/ffmpeg', join(folder, 'ffmpeg'));
  assert.doesNotThrow(() => decodeImages([]));
});

test('intervals count from time 0, and a new one begins only when time goes on', () => {
  const selection = new ImageSelection(1_000);
  const at = (...ms: number[]) => ms.map((time) => ({ ptsNs: BigInt(time) * 1_000_000n }));
  assert.equal(selection.plan(at(500, 999)), 1);
  assert.equal(selection.plan(at(1_000, 2_000)), 2);
  assert.equal(selection.plan(at(2_500)), 0);
  assert.deepEqual(
    [500, 999, 1_000, 999, 2_500].map((ms) => selection.take(ms)),
    [true, false, true, false, true],
  );
});

test('a PNG has the pixels that were given', async (t) => {
  const [width, height] = [5, 3];
  const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 37) % 256);
  const file = join(temporaryFolder(t), 'image.png');
  writeFileSync(file, await writePng({ width, height, data }));
  const args = ['-v', 'error', '-i', file, '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-'];
  const { stdout, stderr } = spawnSync('ffmpeg', args);
  assert.equal(stderr.toString(), '');
  assert.deepEqual(new Uint8Array(stdout), data);
});
