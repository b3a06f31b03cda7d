import { test } from 'node:test';
import { packetsOf } from '../e2e/support/tools.ts';
import { startService } from '../local/support/service.ts';
import { check } from './support/check.ts';
import { ffmpegFile, testPicture } from './support/media.ts';
import { play } from './support/play.ts';

/**
 * An elementary stream with B-frames has no presentation times: h264parse and h265parse give
 * decoding times. The order of the pictures is in their slices.
 *
 * https://github.com/mbunkus/mkvtoolnix/issues/2028
 * https://github.com/gpac/gpac/issues/864
 */
const PICTURE = `${testPicture(4)} -pix_fmt yuv420p -g 30`;
const X265 = 'open-gop=0:log-level=none';

/** The same pictures as an elementary stream and in MP4, whose times the encoder gave. */
const ENCODERS = {
  'three B-frames': { codec: 'h264', line: '-c:v libx264 -bf 3' },
  'a pyramid of B-frames': {
    codec: 'h264',
    line: '-c:v libx264 -bf 7 -x264-params b-pyramid=strict',
  },
  'no B-frames': { codec: 'h264', line: '-c:v libx264 -bf 0' },
  'H.265 and B-frames': { codec: 'h265', line: `-c:v libx265 -x265-params bframes=4:${X265}` },
  'H.265 without B-frames': { codec: 'h265', line: `-c:v libx265 -x265-params bframes=0:${X265}` },
} as const;

for (const [what, { codec, line }] of Object.entries(ENCODERS)) {
  for (const type of ['offline', 'realtime']) {
    test(`an elementary stream of ${what}, ${type}: each picture has the time at which it is shown`, async (t) => {
      const service = await startService(t);
      const format = codec === 'h264' ? 'h264' : 'hevc';
      const file = ffmpegFile(`${PICTURE} ${line} -f ${format}`, `.${codec}`);
      const right = packetsOf(ffmpegFile(`${PICTURE} ${line}`, '.mp4'));
      const outcome = await play(
        t,
        service,
        `filesrc location=${file} ! ${codec}parse ! kvssink stream-name=camera streaming-type=${type}`,
      );
      await check({
        service,
        stream: 'camera',
        outcome,
        timeMs: (_frame, index) => right[index]?.timeMs ?? 0,
        player: codec === 'h264' ? 'chromium' : 'ffmpeg',
      });
    });
  }
}
