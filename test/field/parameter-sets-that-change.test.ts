import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import type { LocalService } from '../../src/local/options.ts';
import { MatroskaReader } from '../../src/matroska/reader.ts';
import { fragmentFiles } from '../e2e/support/stored.ts';
import { startService } from '../local/support/service.ts';
import { check } from './support/check.ts';
import { decodedFiles } from './support/decode.ts';
import { ffmpegFile, joinedFile, testPicture } from './support/media.ts';
import { play } from './support/play.ts';

/**
 * Encoders that change their parameter sets in mid-stream: other quality, other colours, other
 * numbers with each group of pictures. A new header, and with it a new connection, only where
 * frames would not decode without it.
 *
 * https://github.com/bluenviron/mediamtx/issues/4262
 * https://github.com/membraneframework/membrane_http_adaptive_stream_plugin/issues/13
 * https://github.com/scottlamb/moonfire-nvr/issues/217
 */
const PICTURE = `${testPicture(1)} -pix_fmt yuv420p -g 30`;
const X264 = `${PICTURE} -c:v libx264 -preset ultrafast`;
const X265 = `${PICTURE} -c:v libx265 -preset ultrafast`;
/** x264 writes the quantizer into the PPS, and nothing else of these is in the SPS. */
const FINE = `${X264} -qp 20`;
const COARSE = `${X264} -qp 30`;
const WITHOUT_SETS = `${COARSE} -x264-params repeat-headers=0:annexb=1`;

function h264(...recipes: string[]): string {
  return joinedFile(
    recipes.map((recipe) => ffmpegFile(`${recipe} -f h264`, '.h264')),
    '.h264',
  );
}
function h265(...recipes: string[]): string {
  return joinedFile(
    recipes.map((recipe) =>
      ffmpegFile(`${recipe} -x265-params bframes=0:log-level=error -f hevc`, '.h265'),
    ),
    '.h265',
  );
}
function numbered(id: number): string {
  return `${FINE} -x264-params sps-id=${id}`;
}
function colours(encoder: string): string[] {
  return ['bt709', 'smpte170m', 'bt709'].map((name) => `${encoder} -color_primaries ${name}`);
}

type Case = {
  readonly file: string;
  readonly formats: readonly string[];
  readonly headers: number;
};
const H264_FORMATS = ['byte-stream', 'avc'];

const CASES: Readonly<Record<string, Case>> = {
  'another PPS with each key frame': {
    file: h264(FINE, COARSE, FINE, COARSE),
    formats: H264_FORMATS,
    headers: 1,
  },
  'sets that have another number with each key frame': {
    file: h264(...[0, 1, 2, 3, 4].map(numbered)),
    formats: H264_FORMATS,
    headers: 1,
  },
  'a SPS with other colours': {
    file: h264(...colours(X264)),
    formats: H264_FORMATS,
    headers: 1,
  },
  'H.265 with a SPS with other colours': {
    file: h265(...colours(X265)),
    formats: ['byte-stream', 'hvc1', 'hev1'],
    headers: 1,
  },
  'a new PPS that comes once': {
    file: h264(FINE, COARSE, WITHOUT_SETS),
    formats: H264_FORMATS,
    headers: 2,
  },
  'another level': {
    file: h264(FINE, `${FINE} -level 3.1`),
    formats: H264_FORMATS,
    headers: 2,
  },
};

for (const [situation, { file, formats, headers }] of Object.entries(CASES)) {
  for (const format of formats) {
    test(`${situation}, ${format}: ${headers === 1 ? 'one header' : `${headers} headers`}, and every fragment decodes`, async (t) => {
      const service = await startService(t);
      const codec = file.endsWith('5') ? 'h265' : 'h264';
      const outcome = await play(
        t,
        service,
        `filesrc location=${file} ! ${codec}parse ! ` +
          `video/x-${codec},stream-format=${format},alignment=au ! kvssink stream-name=camera`,
      );
      const player = codec === 'h264' ? 'chromium' : 'ffmpeg';
      await check({ service, stream: 'camera', outcome, player });
      assert.equal(await countHeaders(service, 'camera'), headers);
      // With another PPS than its own a picture decodes as well, and is another picture.
      const [expected, ...pictures] = await picturesOf([file, ...fragmentFiles(service, 'camera')]);
      assert.deepEqual(pictures.flat(), expected);
    });
  }
}

for (const [situation, recipes, headers] of [
  ['that change', [FINE, COARSE], 2],
  ['that stay', [FINE, FINE], 1],
] as const) {
  test(`sets ${situation} in the caps alone: ${headers} of ${recipes.length} clips have a header of their own`, async (t) => {
    const service = await startService(t);
    const clips = recipes.map((recipe) => ffmpegFile(recipe, '.mp4'));
    const outcome = await play(
      t,
      service,
      `concat name=c ! kvssink stream-name=camera ${clips
        .map((clip) => `filesrc location=${clip} ! qtdemux ! c.`)
        .join(' ')}`,
    );
    await check({ service, stream: 'camera', outcome });
    assert.equal(await countHeaders(service, 'camera'), headers);
    // Whichever demuxer is ready first comes first.
    const all = await picturesOf([...clips, ...fragmentFiles(service, 'camera')]);
    const [expected, pictures] = [all.slice(0, clips.length), all.slice(clips.length)];
    assert.deepEqual(pictures.flat().sort(), expected.flat().sort());
  });
}

/** A checksum of each picture that ffmpeg makes of each of these files, decoded by itself. */
async function picturesOf(files: readonly string[]): Promise<string[][]> {
  const { lines } = await decodedFiles(files);
  return lines.map((frames) => frames.map((line) => line.split(',').at(-1) ?? ''));
}

/** How often a fragment has another codec private data than the one before it, and the first. */
async function countHeaders(service: LocalService, stream: string): Promise<number> {
  let count = 0;
  let last = '';
  for (const file of fragmentFiles(service, stream)) {
    let own = '';
    const reader = new MatroskaReader({
      tracks: ([track]) => {
        own = Buffer.from(track?.codecPrivate ?? []).toString('hex');
      },
    });
    reader.push(await readFile(file));
    reader.end();
    if (own !== last) count += 1;
    last = own;
  }
  return count;
}
