import { test } from 'node:test';
import { startService } from '../local/support/service.ts';
import { check } from './support/check.ts';
import { runProgram } from './support/play.ts';

/**
 * OpenCV and Python push pictures without times into an appsrc that stamps them, with a frame
 * rate of 0/1.
 *
 * https://github.com/awslabs/amazon-kinesis-video-streams-producer-sdk-cpp/issues/705
 * https://github.com/mad4ms/python-opencv-gstreamer-examples/issues/9
 */
test('pictures that appsrc stamps are stored at those times', async (t) => {
  const service = await startService(t);
  const outcome = await runProgram(t, service, 'opencv_appsrc.py', 'camera');
  // On a busy machine several come at once: blocks that would be at one timecode are moved apart.
  await check({ service, stream: 'camera', outcome, withinMs: 5 });
});
