import { test } from 'node:test';
import { startService } from '../local/support/service.ts';
import { check } from './support/check.ts';
import { ffmpegFile, testPicture } from './support/media.ts';
import { play } from './support/play.ts';

/**
 * What screen recorders and industrial cameras encode, and few decoders in hardware take.
 *
 * https://github.com/cisco/openh264/issues/2629
 * https://github.com/ammen99/wf-recorder/issues/175
 * https://github.com/jellyfin/jellyfin-web/pull/831
 * https://github.com/Fyrd/caniuse/issues/6422
 */
for (const [name, media, suffix, elements, more] of [
  [
    '4:2:2',
    `${testPicture(3)} -c:v libx264 -preset ultrafast -g 30 -pix_fmt yuv422p`,
    '.mp4',
    'qtdemux ! h264parse ! KVSSINK',
    { player: 'ffmpeg' },
  ],
  [
    '4:4:4',
    `${testPicture(3)} -c:v libx264 -preset ultrafast -g 30 -pix_fmt yuv444p`,
    '.mp4',
    'qtdemux ! h264parse ! KVSSINK',
    { player: 'ffmpeg' },
  ],
  [
    '10 bit',
    `${testPicture(3)} -c:v libx264 -preset ultrafast -g 30 -pix_fmt yuv420p10le`,
    '.mp4',
    'qtdemux ! h264parse ! KVSSINK',
    { player: 'ffmpeg' },
  ],
  [
    'monochrome',
    `${testPicture(3)} -c:v libx264 -preset ultrafast -g 30 -pix_fmt gray`,
    '.mp4',
    'qtdemux ! h264parse ! KVSSINK',
    { player: 'ffmpeg' },
  ],
  [
    'full range',
    `${testPicture(3)} -c:v libx264 -preset ultrafast -g 30 -pix_fmt yuvj420p`,
    '.mp4',
    'qtdemux ! h264parse ! KVSSINK',
    {},
  ],
] as const) {
  test(`${name} is stored and decodes`, async (t) => {
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
