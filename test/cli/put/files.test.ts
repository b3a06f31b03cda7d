import assert from 'node:assert/strict';
import { utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { storedFrames } from '../../e2e/support/stored.ts';
import { startService, temporaryFolder } from '../../local/support/service.ts';
import {
  ffmpeg,
  packetHashes,
  startPut,
  storedHashes,
  testPicture,
  withoutProgress,
} from './support/put.ts';

test('the files of a stream follow each other in its time', async (t) => {
  const service = await startService(t);
  const folder = temporaryFolder(t);
  const [one, two] = [join(folder, 'one.mkv'), join(folder, 'two.mkv')];
  ffmpeg(...testPicture(2), '-c:v', 'libx264', '-g', '30', one);
  ffmpeg(...testPicture(3), '-c:v', 'libx264', '-g', '30', two);
  const start = ['--start-time', '2026-11-29T08:00:00Z', '--tag', 'place=door'];
  const { code } = await startPut(t, service, '--stream-name', 'x', ...start, one, two).finished;
  assert.equal(code, 0);
  const all = [...(packetHashes(one)['video'] ?? []), ...(packetHashes(two)['video'] ?? [])];
  assert.deepEqual(storedHashes(service, 'x')['video'], all);
  const times = (await storedFrames(service, 'x'))
    .map(({ timeMs }) => timeMs)
    .sort((a, b) => a - b);
  const startMs = Date.UTC(2026, 10, 29, 8);
  assert.equal(times[0], startMs);
  for (const [index, time] of times.entries()) {
    assert.ok(Math.abs(time - startMs - (index * 1000) / 30) < 3, `frame ${index} at ${time}`);
  }
});

const LENGTHS: readonly (readonly [what: string, file: string, options: readonly string[]])[] = [
  ['MKV says how long it is', 'a.mkv', []],
  ['MP4 says how long it is', 'b.mp4', []],
  ['MKV through a pipe does not', 'c.mkv', ['-f', 'matroska', '-live', '1']],
  ['fragmented MP4 does not', 'd.mp4', ['-movflags', 'frag_keyframe+empty_moov']],
  ['MPEG-TS does not', 'e.ts', []],
  ['FLV is read by GStreamer', 'f.flv', []],
];

for (const [what, name, options] of LENGTHS) {
  test(`a file that was changed last at its end is stored where that ends: ${what}`, async (t) => {
    const service = await startService(t);
    const file = join(temporaryFolder(t), name);
    ffmpeg(...testPicture(4), '-c:v', 'libx264', '-g', '30', '-bf', '0', ...options, file);
    const endMs = Date.UTC(2026, 10, 29, 8);
    utimesSync(file, endMs / 1000, endMs / 1000);
    const { code, stderr } = await startPut(t, service, '--stream-name', 'x', file).finished;
    assert.equal(withoutProgress(stderr), '');
    assert.equal(code, 0);
    const times = (await storedFrames(service, 'x')).map(({ timeMs }) => timeMs);
    const lastMs = endMs - 1000 / 30;
    assert.ok(
      Math.abs(Math.max(...times) - lastMs) <= 5,
      `the last frame is at ${Math.max(...times)}`,
    );
  });
}

test('files of several streams are sent at once, each to the stream of its name', async (t) => {
  const service = await startService(t);
  const folder = temporaryFolder(t);
  const files = ['front door', 'yard', 'roof'].map((name) => join(folder, `${name}.mkv`));
  for (const file of files) ffmpeg(...testPicture(2), '-c:v', 'libx264', file);
  const { code, stdout } = await startPut(
    t,
    service,
    ...['--stream-name', 'cam-{name}', '--parallel', '3', ...files],
  ).finished;
  assert.equal(code, 0);
  assert.equal(stdout.trim().split('\n').length, 3);
  for (const [index, stream] of ['cam-front_door', 'cam-yard', 'cam-roof'].entries()) {
    assert.deepEqual(storedHashes(service, stream), packetHashes(files[index] ?? ''));
  }
});

test('what is wrong with one file is said, and the others are sent', async (t) => {
  const service = await startService(t);
  const folder = temporaryFolder(t);
  const [text, film] = [join(folder, 'text.mkv'), join(folder, 'film.mkv')];
  writeFileSync(text, 'no film');
  ffmpeg(...testPicture(2), '-c:v', 'libx264', film);
  const { code, stderr } = await startPut(t, service, '--stream-name', 'x', text, film).finished;
  assert.equal(code, 1);
  assert.match(stderr, /ERROR: \S+text\.mkv: GStreamer cannot read the file: .+\n/);
  assert.deepEqual(storedHashes(service, 'x'), packetHashes(film));
});
