import { test } from 'node:test';
import { startService } from '../local/support/service.ts';
import { check } from './support/check.ts';
import { ffmpegFile, testPicture } from './support/media.ts';
import { play } from './support/play.ts';

/**
 * Key frames that are no IDR: pictures shown before them refer to the group before.
 *
 * https://github.com/shaka-project/shaka-packager/issues/864
 */
for (const [codec, options, player] of [
  ['h264', '-c:v libx264 -pix_fmt yuv420p -x264-params open-gop=1:bframes=2:keyint=30', 'chromium'],
  ['h265', '-c:v libx265 -pix_fmt yuv420p -x265-params log-level=0:open-gop=1:keyint=30', 'ffmpeg'],
] as const) {
  test(`open groups of pictures in ${codec} are stored whole`, async (t) => {
    const service = await startService(t);
    const file = ffmpegFile(`${testPicture(4)} -preset ultrafast ${options}`, '.mp4');
    const outcome = await play(
      t,
      service,
      `filesrc location=${file} ! qtdemux ! ${codec}parse ! kvssink stream-name=camera`,
    );
    await check({ service, stream: 'camera', outcome, player, decodes: 'together' });
  });
}
