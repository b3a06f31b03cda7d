// get --frames as a user runs it.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { persisted } from '../../e2e/support/persisted.ts';
import { pipelineEnvironment, startPipeline, words } from '../../e2e/support/run.ts';
import { startService, temporaryFolder } from '../../local/support/service.ts';
import { resultOf, startCommand } from '../support/kvs-launch.ts';

const ALL = ['--from', '1970-01-01T00:00:00Z', '--to', '2100-01-01T00:00:00Z'];
const PICTURES =
  'videotestsrc pattern=ball num-buffers=60 ! video/x-raw,width=160,height=120,framerate=30/1 ! timeoverlay';

/** Hashes of all images that ffmpeg reads of these arguments. */
function hashesOf(...input: string[]): string[] {
  const format = ['-fps_mode', 'passthrough', '-pix_fmt', 'rgb24', '-f', 'framehash', '-'];
  const text = execFileSync('ffmpeg', ['-v', 'error', ...input, ...format], { encoding: 'utf8' });
  return text
    .split('\n')
    .filter((line) => /^\d/.test(line))
    .map((line) => line.split(',').at(-1)?.trim() ?? '');
}

test('every image of an archived stream is a PNG with the pixels that were sent', async (t) => {
  const { url } = await startService(t);
  const folder = temporaryFolder(t);
  const reference = join(folder, 'reference.mkv');
  const line = `${PICTURES} ! x264enc speed-preset=ultrafast bframes=2 key-int-max=15 ! h264parse ! tee name=t
    t. ! queue ! kvssink stream-name=door streaming-type=offline
    t. ! queue ! matroskamux ! filesink location=${reference}`;
  const env = pipelineEnvironment(url);
  const { code, stderr } = await startPipeline(t, 'gst-launch-1.0', words(line), env).finished;
  assert.equal(code, 0, stderr);
  const images = join(folder, 'deep', 'images');
  const png = ['--frames', images, '--every', '0', '--format', 'png'];
  const printed = await resultOf(t, url, ['get', 'door', ...png, '--json', ...ALL]);
  const listed = printed
    .trim()
    .split('\n')
    .map((text) => JSON.parse(text));
  const names = readdirSync(images).sort();
  assert.deepEqual(
    listed.map(({ path }) => path),
    names.map((name) => join(images, name)),
  );
  for (const [index, name] of names.entries()) {
    const { time, fragmentNumber, width, height, bytes } = listed[index];
    assert.equal(name, `${time.replaceAll(':', '-')}_${fragmentNumber}.png`);
    assert.deepEqual([width, height], [160, 120]);
    assert.equal(readFileSync(join(images, name)).length, bytes);
  }
  assert.deepEqual(
    hashesOf('-pattern_type', 'glob', '-i', join(images, '*.png')),
    hashesOf('-i', reference),
  );
});

test('an interrupt ends live images with whole files alone', async (t) => {
  const service = await startService(t);
  const line = `videotestsrc is-live=true ! video/x-raw,width=160,height=120,framerate=30/1 !
    x264enc tune=zerolatency speed-preset=ultrafast key-int-max=15 ! h264parse ! kvssink stream-name=door`;
  const env = pipelineEnvironment(service.url);
  const camera = startPipeline(t, 'gst-launch-1.0', ['-e', ...words(line)], env);
  await persisted(service, 'door', 1);
  const images = join(temporaryFolder(t), 'images');
  const args = ['get', 'door', '--frames', images, '--every', '0.5', '--json'];
  const running = startCommand(t, service.url, [...args, '--start', 'earliest']);
  await running.printed(/(.*"path".*\n){3}/);
  running.child.kill('SIGINT');
  const { code, stdout, stderr } = await running.finished;
  assert.equal(code, 0, stderr);
  const lines = stdout
    .trim()
    .split('\n')
    .map((text) => JSON.parse(text));
  assert.match(stderr, new RegExp(`^${lines.length} images in `, 'm'));
  assert.deepEqual(
    readdirSync(images).map((name) => join(images, name)),
    lines.map(({ path }) => path),
  );
  assert.equal(hashesOf('-pattern_type', 'glob', '-i', join(images, '*.jpg')).length, lines.length);
  const slots = lines.map(({ time }) => Math.floor(Date.parse(time) / 500));
  assert.deepEqual(slots, [...new Set(slots)]);
  camera.child.kill('SIGINT');
  assert.equal((await camera.finished).code, 0);
});

test('a stream without video, and options that do not go together, are sentences', async (t) => {
  const { url } = await startService(t);
  const line =
    'audiotestsrc num-buffers=40 ! audio/x-raw,rate=8000 ! mulawenc ! kvssink stream-name=talk streaming-type=offline';
  const env = pipelineEnvironment(url);
  assert.equal((await startPipeline(t, 'gst-launch-1.0', words(line), env).finished).code, 0);
  const images = join(temporaryFolder(t), 'images');
  const failure = async (...args: string[]) => {
    const { code, stdout, stderr } = await startCommand(t, url, ['get', 'talk', ...args]).finished;
    assert.equal(code, 1);
    assert.equal(stdout, '');
    return stderr;
  };
  assert.match(await failure('--frames', images, ...ALL), /has no video, but A_MS\/ACM/);
  assert.match(await failure('--frames', images, '--list'), /Several things are asked for/);
  assert.match(await failure('--tags', '--every', '2', ...ALL), /--every .* of images.*--frames/s);
  assert.match(await failure('--frames', images, '--format', 'mp4', ...ALL), /jpg and png/);
  assert.match(await failure('--frames', images, '--every', '-1', ...ALL), /number of seconds/);
  assert.ok(!existsSync(images) || readdirSync(images).length === 0);
});
