import { test } from 'node:test';
import { startService } from '../local/support/service.ts';
import { check } from './support/check.ts';
import { runProgram } from './support/play.ts';

/**
 * Times that come from somewhere else than a pipeline of GStreamer.
 *
 * https://github.com/ZLMediaKit/ZLMediaKit/pull/3363
 * https://github.com/awslabs/amazon-kinesis-video-streams-producer-sdk-cpp/issues/372
 */
for (const [situation, fault] of [
  ['a DTS of 0 at every frame', 'zero_dts'],
  ['the epoch in its PTS', 'epoch_pts'],
  ['a PTS beyond 2^63', 'huge_pts'],
] as const) {
  test(`a camera with ${situation} is stored whole`, async (t) => {
    const service = await startService(t);
    const outcome = await runProgram(t, service, 'camera_faults.py', 'camera', fault);
    await check({ service, stream: 'camera', outcome });
  });
}
