import { test } from 'node:test';
import { startService } from '../local/support/service.ts';
import { check } from './support/check.ts';
import { runProgram } from './support/play.ts';

/**
 * Encoders that give their parameter sets once, or in another order than they refer to each other.
 *
 * https://github.com/mpromonet/v4l2rtspserver/issues/58
 * https://github.com/jocover/jetson-ffmpeg/issues/3
 * https://github.com/Freescale/gstreamer-imx/issues/17
 * https://github.com/raspberrypi/firmware/issues/242
 * https://github.com/ayufan/camera-streamer/issues/48
 * https://github.com/video-dev/hls.js/issues/6895
 */
/** https://github.com/scottlamb/retina/issues/13 */
test('parameter sets in buffers of their own, with the time of their picture, leave it its time', async (t) => {
  const service = await startService(t);
  const outcome = await runProgram(t, service, 'camera_faults.py', 'camera', 'sets_apart');
  await check({
    service,
    stream: 'camera',
    outcome,
    sent: 90,
    keeps: ({ isDelta, bytes }) => isDelta || bytes > 100,
  });
});

for (const [situation, fault] of [
  ['parameter sets in the first key frame alone', 'sets_once'],
  ['a PPS in front of the SPS that it refers to', 'pps_before_sps'],
] as const) {
  test(`a camera with ${situation} is stored whole`, async (t) => {
    const service = await startService(t);
    const outcome = await runProgram(t, service, 'camera_faults.py', 'camera', fault);
    await check({ service, stream: 'camera', outcome });
  });
}
