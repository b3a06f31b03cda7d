import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { tool } from '../../e2e/support/tools.ts';
import { startService, temporaryFolder } from '../../local/support/service.ts';
import { resultOf } from '../support/kvs-launch.ts';
import { ffmpeg, packetHashes, testPicture, testTone } from './support/put.ts';

const SECONDS = 4;
const START = '2026-11-29T08:00:00Z';
const END = '2026-11-29T08:01:00Z';

const H264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '30'];
const H265 = [
  ...['-c:v', 'libx265', '-preset', 'ultrafast'],
  ...['-x265-params', 'log-level=error:bframes=3:keyint=30'],
];

/** What is put, and in what it comes back: MP4 holds no A-law here, and no Motion JPEG. */
const FILES: readonly (readonly [
  what: string,
  file: string,
  options: readonly string[],
  back: readonly string[],
])[] = [
  ['H.264 and AAC', 'a.mkv', [...H264, '-bf', '0', '-c:a', 'aac'], ['mkv', 'mp4']],
  ['H.264 with B-frames and AAC', 'b.mp4', [...H264, '-bf', '3', '-c:a', 'aac'], ['mkv', 'mp4']],
  ['H.265 with B-frames and Opus', 'c.mkv', [...H265, '-c:a', 'libopus'], ['mkv', 'mp4']],
  ['H.264 and A-law', 'd.mkv', [...H264, '-ar', '8000', '-c:a', 'pcm_alaw'], ['mkv']],
  [
    'Motion JPEG and mu-law',
    'e.avi',
    ['-c:v', 'mjpeg', '-ar', '8000', '-c:a', 'pcm_mulaw'],
    ['mkv'],
  ],
];

/** When each picture is shown, in ms after the first one. */
function pictureTimes(file: string): number[] {
  const text = tool('ffprobe', [
    ...['-v', 'error', '-select_streams', 'v', '-show_entries', 'packet=pts_time'],
    ...['-of', 'csv=p=0', file],
  ]);
  const times = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => Number.parseFloat(line) * 1000)
    .sort((one, other) => one - other);
  return times.map((time) => time - (times[0] ?? 0));
}

for (const [what, name, options, back] of FILES) {
  test(`get gives back what put has sent, frame for frame: ${what}`, async (t) => {
    const { url } = await startService(t);
    const folder = temporaryFolder(t);
    const file = join(folder, name);
    ffmpeg(...testPicture(SECONDS), ...testTone(SECONDS), ...options, file);
    await resultOf(t, url, ['put', '--stream-name', 'x', '--start-time', START, file]);
    for (const format of back) {
      const copy = join(folder, `copy.${format}`);
      await resultOf(t, url, ['get', 'x', '--from', START, '--to', END, '-o', copy]);
      assert.deepEqual(packetHashes(copy), packetHashes(file), format);
      const times = pictureTimes(copy);
      for (const [index, time] of pictureTimes(file).entries()) {
        // Rounded to ms, and moved on by one where sound has the same.
        const errorMs = Math.abs((times[index] ?? 0) - time);
        assert.ok(errorMs <= 2, `${format}: picture ${index} at ${times[index]}, not ${time}`);
      }
    }
  });
}
