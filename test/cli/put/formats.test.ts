import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { storedFrames } from '../../e2e/support/stored.ts';
import { startService, temporaryFolder } from '../../local/support/service.ts';
import {
  elementaryStream,
  ffmpeg,
  packetHashes,
  startPut,
  storedElementaryStream,
  storedHashes,
  testPicture,
  testTone,
  withoutProgress,
} from './support/put.ts';

const TO = ['--stream-name', 'x', '--start-time', '2026-11-29T08:00:00Z'];

const H264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-bf', '3', '-g', '30'];
const H265 = [
  ...['-c:v', 'libx265', '-preset', 'ultrafast'],
  ...['-x265-params', 'log-level=error:bframes=3:keyint=30'],
];
const AAC = ['-c:a', 'aac'];

/** Files whose packets are stored byte for byte. */
const SAME_BYTES: readonly (readonly [what: string, file: string, options: readonly string[]])[] = [
  ['MP4 of H.264 with B-frames and AAC', 'a.mp4', [...H264, ...AAC]],
  [
    'MP4 of H.265 and Opus, its index in front',
    'b.mp4',
    [...H265, '-c:a', 'libopus', '-tag:v', 'hvc1', '-movflags', 'faststart'],
  ],
  ['fragmented MP4', 'c.mp4', [...H264, ...AAC, '-movflags', 'frag_keyframe+empty_moov']],
  ['QuickTime with G.711', 'd.mov', [...H264, '-ar', '8000', '-c:a', 'pcm_alaw']],
  ['AVI of Motion JPEG and G.711', 'e.avi', ['-c:v', 'mjpeg', '-ar', '8000', '-c:a', 'pcm_mulaw']],
  ['FLV', 'f.flv', [...H264, ...AAC]],
  ['Motion JPEG alone', 'k.mjpeg', ['-an', '-c:v', 'mjpeg', '-f', 'mjpeg']],
];

for (const [what, name, options] of SAME_BYTES) {
  test(`what is stored of a file is what the file has: ${what}`, async (t) => {
    const service = await startService(t);
    const file = join(temporaryFolder(t), name);
    ffmpeg(...testPicture(4), ...testTone(4), ...options, file);
    const rate = name.endsWith('.mjpeg') ? ['--frame-rate', '30'] : [];
    const { code, stdout, stderr } = await startPut(t, service, ...TO, ...rate, file).finished;
    assert.equal(withoutProgress(stderr), '');
    assert.equal(code, 0);
    assert.match(stdout, /in stream x, 2026-11-29T08:00:00.000Z to 2026-11-29T08:00:0[34]/);
    assert.deepEqual(storedHashes(service, 'x'), packetHashes(file));
  });
}

/** Files in which pictures begin with start codes. */
const START_CODES: readonly (readonly [
  what: string,
  file: string,
  codec: 'h264' | 'hevc',
  options: readonly string[],
])[] = [
  ['MPEG-TS of H.264 and AAC, whose sound begins first', 'g.ts', 'h264', [...H264, ...AAC]],
  ['MPEG-TS of H.265 and Opus, by GStreamer', 'h.ts', 'hevc', [...H265, '-c:a', 'libopus']],
  ['H.264 alone', 'i.h264', 'h264', [...H264, '-an']],
  [
    'H.265 alone, under a name that says nothing',
    'j k%41"!.bin',
    'hevc',
    [...H265, '-an', '-f', 'hevc'],
  ],
];

for (const [what, name, codec, options] of START_CODES) {
  test(`every picture of a file is stored, at its time: ${what}`, async (t) => {
    const service = await startService(t);
    const file = join(temporaryFolder(t), name);
    ffmpeg(...testPicture(4), ...testTone(4), ...options, file);
    const { code, stderr } = await startPut(t, service, ...TO, file).finished;
    assert.equal(withoutProgress(stderr), '');
    assert.equal(code, 0);
    assert.ok(storedElementaryStream(service, 'x', codec).equals(elementaryStream(file, codec)));
    const frames = await storedFrames(service, 'x');
    const times = frames
      .filter(({ number }) => number === 1)
      .map(({ timeMs }) => timeMs)
      .sort((one, other) => one - other);
    assert.equal(times.length, 120);
    for (const [index, time] of times.entries()) {
      const expected = (times[0] ?? 0) + (index * 1000) / 30;
      assert.ok(Math.abs(time - expected) <= 2, `picture ${index} at ${time} ms`);
    }
    const sound = packetHashes(file)['audio']?.length ?? 0;
    assert.equal(frames.length - times.length, sound);
  });
}

test('of MPEG-TS with two tracks of the same kind, one of which begins late, all frames are stored', async (t) => {
  const service = await startService(t);
  const file = join(temporaryFolder(t), 'late.ts');
  ffmpeg(
    ...[...testPicture(6), '-itsoffset', '3', ...testTone(2), ...testTone(6)],
    ...['-map', '0', '-map', '1', '-map', '2', ...H264, ...AAC, file],
  );
  const { code, stderr } = await startPut(t, service, ...TO, file).finished;
  assert.equal(withoutProgress(stderr), '');
  assert.equal(code, 0);
  const packets = packetHashes(file);
  const frames = await storedFrames(service, 'x');
  const pictures = frames.filter(({ number }) => number === 1).length;
  assert.equal(pictures, packets['video']?.length);
  assert.equal(frames.length - pictures, packets['audio']?.length);
});
