import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startService } from '../local/support/service.ts';
import { pipelineEnvironment, startPipeline, WAYS, words } from './support/run.ts';
import { storedFrames } from './support/stored.ts';

const FRAMES = 60;
const SOURCE = `videotestsrc num-buffers=${FRAMES} ! video/x-raw,width=64,height=64,framerate=30/1 !
  x264enc key-int-max=30 ! h264parse ! kvssink`;

/** Properties whose unit is a time. fragment-duration has a range of its own. */
const DURATIONS = [
  'buffer-duration',
  'completion-timeout',
  'connection-staleness',
  'connection-timeout',
  'max-latency',
  'metrics-interval',
  'replay-duration',
  'rotation-period',
  'stop-stream-timeout',
];

for (const way of WAYS) {
  for (const value of [0, 2 ** 32 - 1]) {
    test(`${way}: with every duration at ${value} all frames are stored, and nothing is told`, async (t) => {
      const service = await startService(t);
      const properties = DURATIONS.map((name) => `${name}=${value}`).join(' ');
      const line = words(`${SOURCE} stream-name=camera ${properties}`);
      const { code, stdout, stderr } = await startPipeline(
        t,
        way,
        line,
        pipelineEnvironment(service.url),
      ).finished;
      assert.equal(code, 0, stderr);
      assert.doesNotMatch(stdout, /WARNING/);
      assert.equal((await storedFrames(service, 'camera')).length, FRAMES);
    });
  }
}
