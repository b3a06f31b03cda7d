import { test } from 'node:test';
import { startService } from '../local/support/service.ts';
import { check } from './support/check.ts';
import { ffmpegFile, H264, testPicture } from './support/media.ts';
import { play } from './support/play.ts';

/**
 * Sizes that are no multiple of a macroblock, and a picture that is to be turned.
 *
 * https://github.com/scottlamb/moonfire-nvr/issues/302
 */
for (const [name, media, suffix, elements, more] of [
  [
    '854x480, which is cropped',
    `${testPicture(2, 30, '854x480')} ${H264}`,
    '.mp4',
    'qtdemux ! h264parse ! KVSSINK',
    {},
  ],
  [
    '161x121',
    `-f lavfi -t 2 -i testsrc=size=161x121:rate=30 -c:v libx264 -g 30 -pix_fmt yuv444p`,
    '.mp4',
    'qtdemux ! h264parse ! KVSSINK',
    { player: 'ffmpeg' },
  ],
  [
    'a rotated video',
    `${testPicture(2)} ${H264} -metadata:s:v rotate=90`,
    '.mp4',
    'qtdemux ! h264parse ! KVSSINK',
    {},
  ],
] as const) {
  test(`${name} is stored and plays`, async (t) => {
    const service = await startService(t);
    const line = `filesrc location=${ffmpegFile(media, suffix)} ! ${elements}`;
    const outcome = await play(
      t,
      service,
      line.replace('KVSSINK', 'kvssink name=k stream-name=camera'),
    );
    await check({ service, stream: 'camera', outcome, ...more });
  });
}
