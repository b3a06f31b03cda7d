// The commands of the pages on streams, put and get, as they stand, in this order: what put sends is
// what get reads.
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../../src/runtime/package-root.ts';
import { ffmpeg, testPicture } from '../cli/put/support/put.ts';
import { pipelineEnvironment, start } from '../e2e/support/run.ts';
import { startService, temporaryFolder } from '../local/support/service.ts';
import { commandsOf } from './pages.ts';

/** What stands on the page, and what runs: a camera, a person and a screen are not there. */
const INSTEAD: readonly (readonly [text: string, instead: string])[] = [
  ['rtsp://camera/', 'film.mkv'],
  ['ffplay -', 'ffprobe -v error -'],
  ['streams delete door', 'streams delete door --yes'],
  // Live, until Ctrl-C or for a minute.
  ['get door -o film.mkv', 'get door -o film.mkv --count 1'],
  ['--duration 60', '--count 1'],
  ['get door -o - |', 'get door -o - --count 1 |'],
  ['--start earliest', '--start earliest --count 1'],
];

test('the commands of the pages on streams, put and get run as they stand', async (t) => {
  const service = await startService(t);
  const [files, programs] = [temporaryFolder(t), temporaryFolder(t)];
  symlinkSync(join(packageRoot, 'bin', 'kvs-launch.js'), join(programs, 'kvs-launch'));
  const picture = [...testPicture(3), '-c:v', 'libx264', '-preset', 'ultrafast', '-g', '30'];
  const names = ['08-00-00', '09-00-00'].map((time) => `door_2026-11-29_${time}.mkv`);
  for (const name of ['film.mkv', ...names, 'front.mp4', 'back.mp4']) {
    if (name === 'film.mkv' || name.endsWith('.mp4')) ffmpeg(...picture, join(files, name));
    else cpSync(join(files, 'film.mkv'), join(files, name));
  }
  const env = pipelineEnvironment(service.url, {
    AWS_REGION: 'us-west-2',
    PATH: `${programs}:${process.env['PATH']}`,
  });
  let ran = 0;
  for (const page of ['streams', 'put', 'get']) {
    for (const command of commandsOf(join('docs', '2-use', `${page}.md`))) {
      const line = INSTEAD.reduce((text, [from, to]) => text.replace(from, to), command);
      let folder = files;
      if (page === 'get') {
        folder = join(files, `get-${ran}`);
        mkdirSync(folder);
      }
      const running = start(t, 'bash', ['-c', `set -o pipefail; ${line}`], env, folder);
      const { code, stdout, stderr } = await running.finished;
      assert.equal(code, 0, `${line}\n${stderr}`);
      if (/-o film|--frames/.test(line) && page === 'get') {
        assert.ok(readdirSync(folder).length > 0, line);
      } else if (!line.includes('| ff')) {
        assert.ok(stdout.length + stderr.length > 0 || /tags|--tags/.test(line), line);
      }
      ran += 1;
    }
  }
  assert.ok(ran >= 17, `${ran} commands`);
});
