// The example launch lines in the element's own documentation, with sources that every machine has.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../../src/runtime/package-root.ts';
import { startService } from '../local/support/service.ts';
import { media } from './support/media.ts';
import { assertWatchedToTheEnd, startRtspCamera } from './support/rtsp-camera.ts';
import { pipelineEnvironment, startPipeline, words } from './support/run.ts';
import { storedFrames } from './support/stored.ts';

const source = readFileSync(join(packageRoot, 'native', 'element', 'register.cc'), 'utf8');
const examples = [...source.matchAll(/\|\[\n \* gst-launch-1\.0 (.*?) \* \]\| (.*?)\n/gs)].map(
  ([, line = '', title = '']) => ({ title, line: line.replaceAll(/\n \*/g, ' ') }),
);

test('there are examples', () => assert.ok(examples.length >= 6));

for (const { title, line } of examples) {
  test(`the example “${title}” runs as it stands`, async (t) => {
    const service = await startService(t);
    const camera = line.includes('rtspsrc') ? await startRtspCamera(t, 60, 'tcp') : undefined;
    const runnable = line
      .replace('videotestsrc is-live=true', 'videotestsrc num-buffers=60')
      .replace('v4l2src', 'videotestsrc num-buffers=60')
      .replace('alsasrc', 'audiotestsrc num-buffers=60')
      .replace('film.mp4', media('video-1080p.mp4'))
      .replace('film.mkv', media('av.mkv'))
      .replace('rtsp://camera/live', camera?.url ?? '');
    const pipeline = startPipeline(
      t,
      'gst-launch-1.0',
      words(runnable),
      pipelineEnvironment(service.url),
    );
    const outcome = await pipeline.finished;
    if (camera) assertWatchedToTheEnd(outcome);
    else assert.equal(outcome.code, 0, outcome.stderr);
    const [, name = ''] = /stream-name=(\w+)/.exec(line) ?? [];
    assert.ok((await storedFrames(service, name)).length >= 60, runnable);
  });
}
