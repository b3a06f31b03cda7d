import { test } from 'node:test';
import { startService } from '../local/support/service.ts';
import { check } from './support/check.ts';
import { ffmpegFile, testPicture } from './support/media.ts';
import { play } from './support/play.ts';

/**
 * Apple plays hvc1 alone, though many files say hev1.
 *
 * https://github.com/video-dev/hls.js/issues/6086
 */
test('H.265 of a file tagged hev1 is listed as hvc1 and plays', async (t) => {
  const service = await startService(t);
  const file = ffmpegFile(
    `${testPicture(3)} -c:v libx265 -preset ultrafast -tag:v hev1 -pix_fmt yuv420p ` +
      '-x265-params log-level=0:keyint=30:open-gop=0',
    '.mp4',
  );
  const outcome = await play(
    t,
    service,
    `filesrc location=${file} ! qtdemux ! h265parse ! kvssink stream-name=camera`,
  );
  await check({ service, stream: 'camera', outcome, player: 'ffmpeg' });
});
