import { test } from 'node:test';
import { startService } from '../local/support/service.ts';
import { check } from './support/check.ts';
import { ffmpegFile, testPicture } from './support/media.ts';
import { play } from './support/play.ts';

/**
 * H.265 without access unit delimiters, and with HDR.
 *
 * https://github.com/video-dev/hls.js/issues/8022
 * https://github.com/aws-samples/amazon-kinesis-video-streams-demos/issues/330
 * https://github.com/prominenceai/deepstream-services-library/issues/1072
 */
for (const [name, media, suffix, elements, more] of [
  [
    'H.265 in MPEG-TS',
    `${testPicture(3)} -c:v libx265 -preset ultrafast -pix_fmt yuv420p -x265-params log-level=0:keyint=30:open-gop=0`,
    '.ts',
    'tsdemux ! h265parse ! KVSSINK',
    { player: 'ffmpeg' },
  ],
  [
    'HDR of 10 bit',
    `${testPicture(3)} -c:v libx265 -preset ultrafast -pix_fmt yuv420p10le -x265-params log-level=0:keyint=30:open-gop=0:bframes=3 -color_primaries bt2020 -color_trc smpte2084 -colorspace bt2020nc`,
    '.mp4',
    'qtdemux ! h265parse ! KVSSINK',
    { player: 'ffmpeg' },
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
