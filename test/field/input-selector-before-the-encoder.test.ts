import { test } from 'node:test';
import { startService } from '../local/support/service.ts';
import { check } from './support/check.ts';
import { play } from './support/play.ts';

/**
 * A program switches between two cameras in front of one encoder.
 */
test('sources switched in front of the encoder make one stream', async (t) => {
  const service = await startService(t);
  const raw = 'video/x-raw,width=160,height=120,framerate=30/1';
  const outcome = await play(
    t,
    service,
    `input-selector name=s sync-mode=clock ! x264enc tune=zerolatency speed-preset=ultrafast key-int-max=30 ! h264parse ! kvssink stream-name=camera
     videotestsrc is-live=true num-buffers=90 ! ${raw} ! s.sink_0
     videotestsrc is-live=true num-buffers=90 pattern=snow ! ${raw} ! s.sink_1`,
  );
  await check({ service, stream: 'camera', outcome });
});
