import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { startService, temporaryFolder } from '../local/support/service.ts';
import { decodedFrames, tracksOf } from './support/framecrc.ts';
import { pipelineEnvironment, startPipeline, WAYS, words } from './support/run.ts';
import { fragmentFiles, storedFrames } from './support/stored.ts';
import { packetsOf } from './support/tools.ts';

const FRAMES = 40;

for (const way of WAYS) {
  test(`${way}: 4K at 60 frames a second through a tee, whole at three kvssinks`, async (t) => {
    const service = await startService(t);
    const names = ['one', 'two', 'three'];
    const { code, stdout, stderr } = await startPipeline(
      t,
      way,
      words(`videotestsrc num-buffers=${FRAMES} pattern=smpte !
        video/x-raw,format=I420,width=3840,height=2160,framerate=60/1 !
        x264enc speed-preset=ultrafast bitrate=25000 key-int-max=20 ! h264parse !
        tee name=t  ${names.map((name) => `t. ! queue ! kvssink stream-name=${name}`).join('  ')}`),
      pipelineEnvironment(service.url),
    ).finished;
    assert.equal(code, 0, stdout + stderr);
    const [one = [], ...others] = await Promise.all(
      names.map((name) => storedFrames(service, name)),
    );
    assert.equal(one.length, FRAMES);
    for (const other of others) {
      assert.deepEqual(
        other.map(({ hash }) => hash),
        one.map(({ hash }) => hash),
      );
    }
    for (const [index, { timeMs }] of one.entries()) {
      // Sixtieths of a second, of which the service keeps whole milliseconds.
      const off = timeMs - (one[0]?.timeMs ?? 0) - (index * 1000) / 60;
      assert.ok(Math.abs(off) <= 1.001, `frame ${index} is off by ${off} ms`);
    }
    const files = fragmentFiles(service, 'one');
    assert.deepEqual(
      (await tracksOf(files)).map(([track]) => track),
      files.map(() => ({ codec: 'h264', width: 3840, height: 2160 })),
    );
    assert.equal(await decodedFrames(files), FRAMES);
  });

  test(`${way}: a file whose frames are of 5 MB each arrives whole, at full speed`, async (t) => {
    const file = join(temporaryFolder(t), 'large.mp4');
    const encoder = `videotestsrc num-buffers=10 pattern=snow !
      video/x-raw,format=I420,width=2560,height=1600,framerate=5/1 !
      x264enc speed-preset=ultrafast pass=quant quantizer=4 key-int-max=1 ! h264parse ! mp4mux !
      filesink location=${file}`;
    execFileSync('gst-launch-1.0', ['-q', ...words(encoder)]);
    const source = packetsOf(file);
    // More than the host's pieces of memory, what it lets come at once, and what waits for it.
    assert.ok(statSync(file).size / source.length > 4 * 1024 * 1024);
    const service = await startService(t);
    const { code, stdout, stderr } = await startPipeline(
      t,
      way,
      words(`filesrc location=${file} ! qtdemux ! h264parse ! kvssink stream-name=large
        streaming-type=offline file-start-time=1700000000`),
      pipelineEnvironment(service.url),
    ).finished;
    assert.equal(code, 0, stdout + stderr);
    const stored = await storedFrames(service, 'large');
    assert.deepEqual(
      stored.map(({ hash }) => hash),
      source.map(({ hash }) => hash),
    );
  });
}
