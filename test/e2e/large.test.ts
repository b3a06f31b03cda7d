import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startService } from '../local/support/service.ts';
import { decodedFrames, tracksOf } from './support/framecrc.ts';
import { pipelineEnvironment, startPipeline, WAYS, words } from './support/run.ts';
import { fragmentFiles, storedFrames } from './support/stored.ts';

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
}
