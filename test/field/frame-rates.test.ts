import { test } from 'node:test';
import { startService } from '../local/support/service.ts';
import { check } from './support/check.ts';
import { ffmpegFile, testPicture } from './support/media.ts';
import { play } from './support/play.ts';

/**
 * Frame rates that no camera has a name for: one picture in 12 s, 2000 a second, and one that
 * varies.
 */
for (const [name, input, options] of [
  ['one picture in 12 s', testPicture(48, '1/12'), '-g 1'],
  ['2000 pictures a second', testPicture(1, 2000), '-g 1000'],
  ['a rate that varies', testPicture(6), `-g 30 -vf select='mod(n\\,7)*mod(n\\,11)' -fps_mode vfr`],
] as const) {
  test(`${name} keeps its times`, async (t) => {
    const service = await startService(t);
    const file = ffmpegFile(
      `${input} -c:v libx264 -preset ultrafast -pix_fmt yuv420p ${options}`,
      '.mp4',
    );
    const outcome = await play(
      t,
      service,
      `filesrc location=${file} ! qtdemux ! h264parse ! kvssink stream-name=camera`,
    );
    await check({ service, stream: 'camera', outcome });
  });
}
