import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { tool } from '../../e2e/support/tools.ts';
import { startService, temporaryFolder } from '../../local/support/service.ts';
import {
  ffmpeg,
  packetHashes,
  startPut,
  storedHashesByFragment,
  testPicture,
  testTone,
  withoutProgress,
} from './support/put.ts';

const START = ['--start-time', '2026-11-29T08:00:00Z'];

/** Files as other programs write them. */
const FILES: readonly (readonly [what: string, file: string, make: (file: string) => void])[] = [
  [
    'H.264 with B-frames and AAC',
    'h264.mkv',
    (file) =>
      ffmpeg(
        ...testPicture(6),
        ...testTone(6),
        '-c:v',
        'libx264',
        '-bf',
        '3',
        '-g',
        '60',
        '-c:a',
        'aac',
        file,
      ),
  ],
  [
    'H.265 with B-frames and Opus, in clusters that begin anywhere',
    'h265.mkv',
    (file) =>
      ffmpeg(
        ...[...testPicture(6), ...testTone(6), '-c:v', 'libx265', '-preset', 'ultrafast'],
        ...['-x265-params', 'log-level=error:bframes=3:keyint=50:open-gop=1', '-c:a', 'libopus'],
        ...['-cluster_time_limit', '700', file],
      ),
  ],
  [
    'G.711, laced by mkvmerge in a file with cues',
    'g711.mkv',
    (file) => {
      const first = `${file}.first.mkv`;
      ffmpeg(
        ...testPicture(5),
        ...testTone(5),
        '-c:v',
        'libx264',
        '-g',
        '30',
        '-ar',
        '8000',
        '-c:a',
        'pcm_mulaw',
        first,
      );
      tool('mkvmerge', ['-q', '-o', file, first]);
    },
  ],
  [
    'sound alone, with times in units of samples',
    'sound.mka',
    (file) => {
      const first = `${file}.first.mka`;
      ffmpeg(...testTone(5), '-c:a', 'aac', first);
      tool('mkvmerge', ['-q', '-o', file, first]);
    },
  ],
  [
    'WebM of VP9 and Opus, as a live stream',
    'vp9.webm',
    (file) =>
      ffmpeg(
        ...[...testPicture(3, 10), ...testTone(3), '-c:v', 'libvpx-vp9', '-deadline', 'realtime'],
        ...['-cpu-used', '8', '-g', '10', '-c:a', 'libopus', '-live', '1', '-f', 'webm', file],
      ),
  ],
  [
    'Motion JPEG, of which each frame is a key frame, by GStreamer',
    'mjpeg.mkv',
    (file) => {
      const line =
        'videotestsrc num-buffers=100 ! video/x-raw,width=160,height=120,framerate=50/1 ! jpegenc ! ' +
        `matroskamux streamable=true ! filesink location=${file}`;
      tool('gst-launch-1.0', ['-q', ...line.split(' ')]);
    },
  ],
  [
    'a key frame in 25 seconds',
    'long-gop.mkv',
    (file) => ffmpeg(...testPicture(25, 10), '-c:v', 'libx264', '-bf', '2', '-g', '1000', file),
  ],
  [
    'sound that begins late, stops and goes on',
    'pauses.mkv',
    (file) =>
      ffmpeg(
        ...[...testPicture(24, 10), '-itsoffset', '5', ...testTone(2)],
        ...['-itsoffset', '16', ...testTone(3), '-map', '0:v', '-map', '1:a', '-map', '2:a'],
        ...['-c:v', 'libx264', '-g', '10', '-c:a', 'aac', file],
      ),
  ],
];

for (const [what, name, make] of FILES) {
  test(`what is stored of a Matroska file is what the file has: ${what}`, async (t) => {
    const service = await startService(t);
    const file = join(temporaryFolder(t), name);
    make(file);
    const { code, stdout, stderr } = await startPut(
      t,
      service,
      '--stream-name',
      'x',
      ...START,
      file,
    ).finished;
    assert.equal(withoutProgress(stderr), '');
    assert.equal(code, 0);
    assert.match(
      stdout,
      /^\S+: \d+ frames in \d+ fragments in stream x, 2026-11-29T08:00:00.000Z to /,
    );
    assert.deepEqual(storedHashesByFragment(service, 'x'), packetHashes(file));
  });
}
