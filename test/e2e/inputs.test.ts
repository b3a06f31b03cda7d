import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { startService, temporaryFolder } from '../local/support/service.ts';
import { listFragments } from '../support/list-fragments.ts';
import { media } from './support/media.ts';
import { runPython } from './support/python.ts';
import { pipelineEnvironment, startPipeline, WAYS, words } from './support/run.ts';
import { fragmentFiles, storedFrames } from './support/stored.ts';
import { gstreamerFrames, packetsOf } from './support/tools.ts';

function hashes(frames: readonly { hash: string }[]): string[] {
  return frames.map(({ hash }) => hash);
}

for (const way of WAYS) {
  test(`${way}: a 1080p MP4 with B-frames arrives whole, by file-start-time`, async (t) => {
    const service = await startService(t);
    const file = media('video-1080p.mp4');
    const pipeline = startPipeline(
      t,
      way,
      words(`filesrc location=${file} ! qtdemux ! h264parse ! kvssink stream-name=film
        streaming-type=offline file-start-time=1700000000`),
      pipelineEnvironment(service.url),
    );
    const { code, stdout, stderr } = await pipeline.finished;
    assert.equal(code, 0, stdout + stderr);
    const source = packetsOf(file);
    const stored = await storedFrames(service, 'film');
    assert.deepEqual(hashes(stored), hashes(source));
    for (const [index, frame] of stored.entries()) {
      const expected = 1_700_000_000_000 + (source[index]?.timeMs ?? 0);
      assert.ok(Math.abs(frame.timeMs - expected) <= 1, `frame ${index}: ${frame.timeMs}`);
    }
  });

  test(`${way}: byte-stream becomes what decoders of Matroska read`, async (t) => {
    const service = await startService(t);
    const pipeline = startPipeline(
      t,
      way,
      words(`videotestsrc num-buffers=60 ! video/x-raw,width=320,height=240 !
        x264enc key-int-max=30 ! video/x-h264,stream-format=byte-stream !
        kvssink stream-name=annex-b`),
      pipelineEnvironment(service.url),
    );
    const { code, stdout, stderr } = await pipeline.finished;
    assert.equal(code, 0, stdout + stderr);
    assert.equal((await storedFrames(service, 'annex-b')).length, 60);
    const decoded = fragmentFiles(service, 'annex-b').map((path) =>
      gstreamerFrames(path, 320, 240),
    );
    assert.equal(
      decoded.reduce((sum, frames) => sum + frames, 0),
      60,
    );
  });

  test(`${way}: two kvssinks in one pipeline are two whole streams`, async (t) => {
    const service = await startService(t);
    const reference = join(temporaryFolder(t), 'reference.mkv');
    const pipeline = startPipeline(
      t,
      way,
      words(`videotestsrc num-buffers=90 ! video/x-raw,width=320,height=240 !
        x264enc key-int-max=30 ! h264parse ! tee name=t
        t. ! queue ! kvssink stream-name=left
        t. ! queue ! kvssink stream-name=right
        t. ! queue ! matroskamux ! filesink location=${reference}`),
      pipelineEnvironment(service.url),
    );
    const { code, stdout, stderr } = await pipeline.finished;
    assert.equal(code, 0, stdout + stderr);
    const source = hashes(packetsOf(reference));
    assert.equal(source.length, 90);
    assert.deepEqual(hashes(await storedFrames(service, 'left')), source);
    assert.deepEqual(hashes(await storedFrames(service, 'right')), source);
  });
}

test('a Python program streams, and hears of readiness and acks on the bus', async (t) => {
  const service = await startService(t);
  type Report = { ready: number; persisted: string[]; signals: number };
  const report = await runPython<Report>(t, service, 'stream.py', 'from-python');
  assert.equal((await storedFrames(service, 'from-python')).length, 90);
  assert.ok(report.ready >= 1);
  assert.ok(report.signals > 0);
  const records = await listFragments(service.streams.byName('from-python')?.fragments);
  const numbers = records.map(({ number }) => number);
  assert.deepEqual(report.persisted, numbers);
});
