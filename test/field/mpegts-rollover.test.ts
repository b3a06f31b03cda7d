import { test } from 'node:test';
import { startService } from '../local/support/service.ts';
import { check } from './support/check.ts';
import { ffmpegFile, H264, testPicture, testTone } from './support/media.ts';
import { play } from './support/play.ts';

/**
 * The 33 bit clock of MPEG-TS begins again at 0 after 26.5 hours: here 2 s after the start.
 *
 * https://github.com/bluenviron/mediamtx/issues/622
 */
test('MPEG-TS whose clock rolls over goes on without a gap', async (t) => {
  const service = await startService(t);
  const file = ffmpegFile(
    `${testPicture(5)} ${testTone(5)} ${H264} -c:a aac -output_ts_offset 95441.7`,
    '.ts',
  );
  const outcome = await play(
    t,
    service,
    `filesrc location=${file} ! tsdemux name=d
     d. ! queue ! h264parse ! kvssink name=k stream-name=camera  d. ! queue ! aacparse ! k.`,
  );
  await check({ service, stream: 'camera', outcome });
});
