import { test } from 'node:test';
import { startService } from '../local/support/service.ts';
import { check } from './support/check.ts';
import { ffmpegFile, testPicture } from './support/media.ts';
import { play } from './support/play.ts';

/**
 * Constant bit rate: filler NAL units in each frame, and a delimiter in front of it.
 */
test('filler data and access unit delimiters do no harm', async (t) => {
  const service = await startService(t);
  const file = ffmpegFile(
    `${testPicture(4)} -c:v libx264 -preset ultrafast -pix_fmt yuv420p -g 30 -b:v 500k ` +
      '-x264-params aud=1:nal-hrd=cbr:filler=1:vbv-maxrate=500:vbv-bufsize=250',
    '.ts',
  );
  const outcome = await play(
    t,
    service,
    `filesrc location=${file} ! tsdemux ! h264parse ! kvssink stream-name=camera`,
  );
  await check({ service, stream: 'camera', outcome });
});
