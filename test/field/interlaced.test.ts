import { test } from 'node:test';
import { startService } from '../local/support/service.ts';
import { check } from './support/check.ts';
import { ffmpegFile, H264, testPicture } from './support/media.ts';
import { play } from './support/play.ts';

/**
 * Interlaced pictures whose macroblocks are coded as frame or field (MBAFF).
 *
 * https://github.com/awslabs/amazon-kinesis-video-streams-producer-c/issues/210
 */
test('interlaced H.264 is stored and plays', async (t) => {
  const service = await startService(t);
  const file = ffmpegFile(
    `${testPicture(4)} ${H264} -flags +ilme+ildct -x264-params tff=1`,
    '.mp4',
  );
  const outcome = await play(
    t,
    service,
    `filesrc location=${file} ! qtdemux ! h264parse ! kvssink stream-name=camera`,
  );
  await check({ service, stream: 'camera', outcome });
});
