import { test } from 'node:test';
import { startService } from '../local/support/service.ts';
import { check } from './support/check.ts';
import { ffmpegFile, H264, testPicture } from './support/media.ts';
import { play, type SentFrame } from './support/play.ts';

/**
 * Encoders with threads cut a picture into slices, and players that take each for a picture show
 * a quarter.
 *
 * https://github.com/iamscottxu/obs-rtspserver/pull/199
 * https://github.com/Mi-Bee-Studio/MiBeeNvr/pull/428
 * https://github.com/pikvm/ustreamer/pull/119
 * https://github.com/roman380/gdcl.co.uk-mpeg4/issues/24
 * https://github.com/OpenIPC/smolrtsp/pull/43
 */
/** Of the buffers that a picture is cut into, the first with its time stands for it. */
function firstOfEachTime(): (frame: SentFrame) => boolean {
  const seen = new Set<number>();
  return ({ ptsMs }) => ptsMs !== undefined && seen.size < seen.add(ptsMs).size;
}

for (const [name, media, suffix, elements, more] of [
  [
    'four slices a picture',
    `${testPicture(3)} ${H264} -x264-params slices=4`,
    '.mp4',
    'qtdemux ! h264parse ! KVSSINK',
    {},
  ],
  [
    'a buffer for each slice',
    `${testPicture(3)} ${H264} -x264-params slices=4`,
    '.mp4',
    'qtdemux ! h264parse ! video/x-h264,stream-format=byte-stream,alignment=nal ! KVSSINK',
    { sent: 90, keeps: firstOfEachTime() },
  ],
] as const) {
  test(`${name} makes whole pictures`, async (t) => {
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
