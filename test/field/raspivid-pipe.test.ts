import { join } from 'node:path';
import { test } from 'node:test';
import { start, words } from '../e2e/support/run.ts';
import { tool } from '../e2e/support/tools.ts';
import { startService, temporaryFolder } from '../local/support/service.ts';
import { check } from './support/check.ts';
import { H264, testPicture } from './support/media.ts';
import { play } from './support/play.ts';

/**
 * raspivid, libcamera-vid or ffmpeg write H.264 without times into a named pipe.
 *
 * https://github.com/awslabs/amazon-kinesis-video-streams-producer-sdk-cpp/issues/25
 * https://github.com/raspberrypi/linux/issues/2387
 */
test('H.264 from a named pipe is stored at the times at which it comes', async (t) => {
  const service = await startService(t);
  const pipe = join(temporaryFolder(t), 'camera.h264');
  tool('mkfifo', [pipe]);
  start(t, 'ffmpeg', words(`-nostdin -v error -re ${testPicture(4)} ${H264} -f h264 -y ${pipe}`));
  const outcome = await play(
    t,
    service,
    `filesrc location=${pipe} ! h264parse ! kvssink stream-name=camera`,
  );
  await check({
    service,
    stream: 'camera',
    outcome,
    timeMs: ({ arrivedMs }) => arrivedMs,
    startMs: 0,
    // filesrc waits for 4 KiB, which are several of these small pictures.
    withinMs: 1_000,
  });
});
