import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { startService, temporaryFolder } from '../local/support/service.ts';
import { decodedFrames } from './support/framecrc.ts';
import { readStream } from './support/get-media.ts';
import { pipelineEnvironment, startPipeline, WAYS, words } from './support/run.ts';
import { fragmentFiles, storedFrames } from './support/stored.ts';
import { gstreamerFrames, mkvinfoBlocks, packetsOf } from './support/tools.ts';

for (const way of WAYS) {
  test(`${way}: 600 frames arrive whole, in order, once, with the source's times`, async (t) => {
    const service = await startService(t);
    const folder = temporaryFolder(t);
    const reference = join(folder, 'reference.mkv');
    const startedMs = Date.now();
    const pipeline = startPipeline(
      t,
      way,
      words(`
        videotestsrc num-buffers=600 ! video/x-raw,width=320,height=240,framerate=60/1 !
        x264enc speed-preset=ultrafast key-int-max=60 ! h264parse ! tee name=t
        t. ! queue ! kvssink stream-name=six-hundred
        t. ! queue ! matroskamux ! filesink location=${reference}`),
      pipelineEnvironment(service.url),
    );
    const { code, stdout, stderr } = await pipeline.finished;
    assert.equal(code, 0, stdout + stderr);
    assert.match(stdout, /Got EOS from element "pipeline0"\./);

    const source = packetsOf(reference);
    const stored = await storedFrames(service, 'six-hundred');
    assert.equal(source.length, 600);
    assert.equal(stored.length, 600);
    assert.deepEqual(
      stored.map(({ hash }) => hash),
      source.map(({ hash }) => hash),
    );
    assert.ok(stored[0]?.isKeyFrame);

    // One start for all frames: when the first of them came.
    const startMs = (stored[0]?.timeMs ?? 0) - (source[0]?.timeMs ?? 0);
    assert.ok(startMs >= startedMs - 1 && startMs <= Date.now(), `${startedMs} ${startMs}`);
    for (const [index, frame] of stored.entries()) {
      const expected = startMs + (source[index]?.timeMs ?? 0);
      assert.ok(Math.abs(frame.timeMs - expected) <= 1, `frame ${index}`);
    }

    const files = fragmentFiles(service, 'six-hundred');
    const sum = (count: (file: string) => number): number =>
      files.reduce((total, file) => total + count(file), 0);
    assert.equal(await decodedFrames(files), 600);
    assert.equal(sum(mkvinfoBlocks), 600);
    assert.equal(
      sum((file) => gstreamerFrames(file, 320, 240)),
      600,
    );

    const read = await readStream(service, 'six-hundred');
    assert.deepEqual(
      read,
      stored.map(({ hash }) => hash),
    );
    assert.ok(readFileSync(reference).length > 0);
  });
}

test('near-realtime: 90 live frames arrive whole, in order, once, a fragment a second', async (t) => {
  const service = await startService(t);
  const reference = join(temporaryFolder(t), 'reference.mkv');
  const pipeline = startPipeline(
    t,
    'gst-launch-1.0',
    words(`
      videotestsrc is-live=true num-buffers=90 ! video/x-raw,width=320,height=240,framerate=30/1 !
      x264enc tune=zerolatency speed-preset=ultrafast key-int-max=30 ! h264parse ! tee name=t
      t. ! queue ! kvssink stream-name=near streaming-type=near-realtime buffer-duration=30
      t. ! queue ! matroskamux ! filesink location=${reference}`),
    pipelineEnvironment(service.url),
  );
  const { code, stdout, stderr } = await pipeline.finished;
  assert.equal(code, 0, stdout + stderr);
  const source = packetsOf(reference);
  const stored = await storedFrames(service, 'near');
  assert.equal(source.length, 90);
  assert.deepEqual(
    stored.map(({ hash }) => hash),
    source.map(({ hash }) => hash),
  );
  assert.equal(fragmentFiles(service, 'near').length, 3);
});
