import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fragmentFiles } from '../../e2e/support/stored.ts';
import { startService, temporaryFolder } from '../../local/support/service.ts';
import { ffmpeg, startPut, testPicture, testTone } from './support/put.ts';

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
  const names = ['odd picture.mp4', 'odd-sound.mp4', 'empty.mp4', 'no-index.mp4'];
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
  assert.match(stderr, /empty\.mp4: The file is empty/);
  assert.match(stderr, /no-index\.mp4: The file has no tracks, or its index is missing/);
  assert.deepEqual(fragmentFiles(service, 'x'), []);
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
