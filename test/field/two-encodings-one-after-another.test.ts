import { test } from 'node:test';
import { startService } from '../local/support/service.ts';
import { check } from './support/check.ts';
import { ffmpegFile, H264, testPicture } from './support/media.ts';
import { play } from './support/play.ts';

/**
 * Clips of different size and profile joined by concat.
 */
test('clips of different encoders one after another are all stored', async (t) => {
  const service = await startService(t);
  const first = ffmpegFile(`${testPicture(2)} ${H264}`, '.mp4');
  const second = ffmpegFile(`${testPicture(2, 30, '320x240')} ${H264} -preset fast -bf 2`, '.mp4');
  const outcome = await play(
    t,
    service,
    `concat name=c ! kvssink stream-name=camera
     filesrc location=${first} ! qtdemux ! h264parse ! c.
     filesrc location=${second} ! qtdemux ! h264parse ! c.`,
  );
  await check({ service, stream: 'camera', outcome });
});
