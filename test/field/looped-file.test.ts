import { test } from 'node:test';
import { startService } from '../local/support/service.ts';
import { check } from './support/check.ts';
import { ffmpegFile, H264, testPicture } from './support/media.ts';
import { play } from './support/play.ts';

/**
 * A file played again and again as if it were a camera.
 *
 * https://github.com/awslabs/amazon-kinesis-video-streams-producer-sdk-cpp/issues/816
 * https://github.com/bluenviron/mediamtx/issues/484
 */
test('a TS file looped by multifilesrc goes on without a gap', async (t) => {
  const service = await startService(t);
  const file = ffmpegFile(`${testPicture(2)} ${H264} -muxdelay 0`, '.ts');
  const outcome = await play(
    t,
    service,
    `multifilesrc location=${file} loop=true num-buffers=3 caps=video/mpegts ! tsdemux !
     h264parse ! identity sync=true ! kvssink stream-name=camera`,
  );
  await check({ service, stream: 'camera', outcome });
});
