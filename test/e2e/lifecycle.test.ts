import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LocalService } from '../../src/local/options.ts';
import { startService } from '../local/support/service.ts';
import { decodedFrames, tracksOf } from './support/framecrc.ts';
import { persisted } from './support/persisted.ts';
import { runPython } from './support/python.ts';
import { pipelineEnvironment, startPipeline, WAYS, words } from './support/run.ts';
import { fragmentFiles, storedFrames } from './support/stored.ts';

test('one element started 20 times gives 20 complete streams, and leaves nothing behind', async (t) => {
  const service = await startService(t);
  const report = await runPython<Record<string, unknown>>(t, service, 'restart.py', 'again', '20');
  const frames = await storedFrames(service, 'again');
  assert.equal(frames.length, 20 * 15);
  for (const [track] of await tracksOf(fragmentFiles(service, 'again'))) {
    // Each has its own codec private data: upstream's second start has none.
    assert.equal(track?.width, 160);
  }
  assert.ok(Number(report['descriptors']) <= 2, JSON.stringify(report));
  assert.equal(report['children'], 0);
});

test('PLAYING, READY, PLAYING gives a complete stream each time', async (t) => {
  const service = await startService(t);
  await runPython<Record<string, unknown>>(t, service, 'restart.py', 'again', '3', 'ready');
  assert.equal((await storedFrames(service, 'again')).length, 3 * 15);
});

test('a log-level that is changed while the pipeline plays counts at once, up and down', async (t) => {
  const service = await startService(t);
  const { before, after } = await runPython<Record<string, Record<string, string[]>>>(
    t,
    service,
    'log_levels.py',
  );
  assert.deepEqual(before?.['louder'], []);
  assert.ok(before?.['quieter']?.includes('DEBUG'), JSON.stringify(before));
  assert.ok(after?.['louder']?.includes('DEBUG'), JSON.stringify(after));
  assert.deepEqual(after?.['quieter'], []);
});

test('a paused pipeline goes on where it was', async (t) => {
  const service = await startService(t);
  await runPython<Record<string, unknown>>(t, service, 'pause.py', 'paused');
  const frames = await storedFrames(service, 'paused');
  assert.equal(frames.length, 60);
  for (const [index, frame] of frames.entries()) {
    const previous = frames[index - 1];
    if (previous) assert.ok(frame.timeMs > previous.timeMs);
  }
});

test('another resolution in mid-stream: everything is stored and can be decoded', async (t) => {
  const service = await startService(t);
  await runPython<Record<string, unknown>>(t, service, 'resolution.py', 'wide');
  const files = fragmentFiles(service, 'wide');
  const sizes = (await tracksOf(files)).map(([size]) => `${size?.width}`);
  assert.deepEqual([...new Set(sizes)], ['320', '640']);
  assert.equal(await decodedFrames(files), 120);
});

test('metadata and stats: what a program sends is stored, what it reads is true', async (t) => {
  const service = await startService(t);
  const report = await runPython<Record<string, unknown>>(t, service, 'metadata.py', 'tagged');
  assert.equal(report['frames'], 90);
  assert.ok(Number(report['persisted']) >= 3);
  assert.ok(Number(report['client-metrics']) >= 3);
  const text = (await tagsOf(service, 'tagged')).join(' ');
  assert.match(text, /weather=rain/);
  assert.match(text, /AWS_KINESISVIDEO_NOTIFICATION=/);
});

for (const way of WAYS) {
  test(`${way}: an interrupt ends the stream, all of it is stored, exit code 0`, async (t) => {
    const service = await startService(t);
    const pipeline = startPipeline(
      t,
      way,
      words(`-e videotestsrc is-live=true ! video/x-raw,width=320,height=240,framerate=30/1 !
        x264enc tune=zerolatency speed-preset=ultrafast key-int-max=30 ! h264parse ! kvssink stream-name=stopped`),
      pipelineEnvironment(service.url),
    );
    await persisted(service, 'stopped', 2);
    pipeline.child.kill('SIGINT');
    const { code, stdout, stderr } = await pipeline.finished;
    assert.equal(code, 0, stdout + stderr);
    assert.match(stdout, /Got EOS from element "pipeline0"/);
    const frames = await storedFrames(service, 'stopped');
    assert.ok(frames.length > 60);
  });
}

async function tagsOf(service: LocalService, stream: string): Promise<string[]> {
  const { readFile } = await import('node:fs/promises');
  const { MatroskaReader } = await import('../../src/matroska/reader.ts');
  const found: string[] = [];
  for (const file of fragmentFiles(service, stream)) {
    const reader = new MatroskaReader({
      tags: (tags) => found.push(...tags.map(({ name, value }) => `${name}=${value}`)),
    });
    reader.push(await readFile(file));
    reader.end();
  }
  return found;
}
