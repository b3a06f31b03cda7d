import { test } from 'node:test';
import { startService } from '../local/support/service.ts';
import { check } from './support/check.ts';
import { ffmpegFile, H264, testPicture } from './support/media.ts';
import { play } from './support/play.ts';

/**
 * A file that was written in pieces, as recorders do that may lose power.
 */
test('fragmented MP4 is stored as any other', async (t) => {
  const service = await startService(t);
  const file = ffmpegFile(
    `${testPicture(4)} ${H264} -bf 2 -movflags +frag_keyframe+empty_moov+default_base_moof`,
    '.mp4',
  );
  const outcome = await play(
    t,
    service,
    `filesrc location=${file} ! qtdemux ! h264parse ! kvssink stream-name=camera`,
  );
  await check({ service, stream: 'camera', outcome });
});
