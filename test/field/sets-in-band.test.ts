import { test } from 'node:test';
import { startService } from '../local/support/service.ts';
import { check } from './support/check.ts';
import { play } from './support/play.ts';

/**
 * Caps without codec_data (avc3): the parameter sets are in the stream alone.
 *
 * https://github.com/bluenviron/mediamtx/pull/5745
 */
test('H.264 with its parameter sets in band alone gets them into the header', async (t) => {
  const service = await startService(t);
  const outcome = await play(
    t,
    service,
    'videotestsrc num-buffers=90 ! video/x-raw,width=160,height=120,framerate=30/1 ! ' +
      'x264enc key-int-max=30 ! h264parse ! video/x-h264,stream-format=avc3,alignment=au ! ' +
      'kvssink stream-name=camera',
  );
  await check({ service, stream: 'camera', outcome });
});
