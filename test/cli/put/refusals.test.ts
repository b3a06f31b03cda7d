import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fragmentFiles } from '../../e2e/support/stored.ts';
import { startService, temporaryFolder } from '../../local/support/service.ts';
import { ffmpeg, startPut, startPutOfInput, testPicture, testTone } from './support/put.ts';

const H264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '30'];

test('what cannot be sent is refused before anything of it is sent, with the line that helps', async (t) => {
  const service = await startService(t);
  const folder = temporaryFolder(t);
  const file = (name: string): string => join(folder, name);
  ffmpeg(...testPicture(1), '-c:v', 'mpeg4', file('odd picture.mp4'));
  ffmpeg(...testPicture(1), ...testTone(1), ...H264, '-c:a', 'ac3', file('odd-sound.mp4'));
  writeFileSync(file('empty.mp4'), '');
  ffmpeg(...testPicture(1), ...H264, file('whole.mp4'));
  writeFileSync(file('no-index.mp4'), readFileSync(file('whole.mp4')).subarray(0, 4_000));
  ffmpeg(...testPicture(1), '-c:v', 'mjpeg', '-f', 'mjpeg', file('pictures.mjpeg'));
  const names = ['odd picture.mp4', 'odd-sound.mp4', 'empty.mp4', 'no-index.mp4', 'pictures.mjpeg'];
  const { code, stdout, stderr } = await startPut(
    t,
    service,
    ...['--stream-name', 'x', ...names.map(file)],
  ).finished;
  assert.equal(code, 1);
  assert.equal(stdout, '');
  assert.match(
    stderr,
    /KVS does not take its pictures \(video\/mp4v\)\n.*-i '\S+odd picture\.mp4' -c:v libx264 /,
  );
  assert.match(
    stderr,
    /KVS does not take its sound \(audio\/ac3\)\n.* -c:v copy -c:a aac -f matroska - \| kvs-launch put/,
  );
  assert.match(stderr, /pictures\.mjpeg: The file has neither timestamps .*\n.*--frame-rate 25/);
  assert.match(stderr, /empty\.mp4: The file is empty/);
  assert.match(stderr, /no-index\.mp4: The file has no tracks, or its index is missing/);
  assert.deepEqual(fragmentFiles(service, 'x'), []);
});

test('a pipe without Matroska, a folder, no file and no name are refused in words', async (t) => {
  const service = await startService(t);
  const folder = temporaryFolder(t);
  const ofInput = async (text: string): Promise<string> => {
    const running = startPutOfInput(t, service, '--stream-name', 'x');
    running.stdin.end(text);
    const { code, stderr } = await running.finished;
    assert.equal(code, 1);
    return stderr;
  };
  assert.match(await ofInput(''), /Nothing came through the pipe\nDid the program/);
  assert.match(await ofInput('G'.repeat(1000)), /Not Matroska .*\n.*-f matroska -\n$/);
  for (const [stream, file, error] of [
    ['x', folder, /cannot be read: it is a folder/],
    ['x', join(folder, 'none.mkv'), /none\.mkv cannot be read: ENOENT/],
    ['', '-', /streamName "" has 0 bytes/],
    ['a b', '-', /streamName "a b" has characters/],
  ] as const) {
    const { code, stderr } = await startPut(t, service, '--stream-name', stream, file).finished;
    assert.equal(code, 1);
    assert.match(stderr, error);
  }
});

test('an MP4 file that was cut off is sent as far as it goes, and that is said', async (t) => {
  const service = await startService(t);
  const folder = temporaryFolder(t);
  const [whole, cut] = [join(folder, 'whole.mp4'), join(folder, 'cut.mp4')];
  ffmpeg(...testPicture(4), ...H264, '-movflags', 'faststart', whole);
  const bytes = readFileSync(whole);
  writeFileSync(cut, bytes.subarray(0, bytes.length / 2));
  const { code, stdout, stderr } = await startPut(t, service, '--stream-name', 'x', cut).finished;
  assert.equal(code, 1);
  assert.match(
    stderr,
    /ERROR: \S+cut\.mp4: The file ends in the middle of the box that begins at byte \d+/,
  );
  const [, frames] = /: (\d+) frames in/.exec(stdout) ?? [];
  assert.ok(Number(frames) > 30 && Number(frames) < 120, stdout);
});

test('a picture that was cut off is told, and those before it are sent', async (t) => {
  const service = await startService(t);
  const folder = temporaryFolder(t);
  const [whole, cut] = [join(folder, 'whole.mjpeg'), join(folder, 'cut.mjpeg')];
  ffmpeg(...testPicture(1, 5), '-c:v', 'mjpeg', whole);
  writeFileSync(cut, readFileSync(whole).subarray(0, -1_000));
  const { code, stdout, stderr } = await startPut(
    ...[t, service, '--stream-name', 'x', '--frame-rate', '5', cut],
  ).finished;
  assert.equal(code, 1);
  assert.match(stderr, /ERROR: \S+cut\.mjpeg: \d+ bytes of no whole picture were left out/);
  assert.match(stdout, /: 4 frames in/);
});
