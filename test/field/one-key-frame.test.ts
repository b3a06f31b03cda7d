import { test } from 'node:test';
import { startService } from '../local/support/service.ts';
import { check } from './support/check.ts';
import { liveVideo } from './support/media.ts';
import { play } from './support/play.ts';

/**
 * An encoder that makes a key frame at its start alone.
 *
 * https://github.com/raspberrypi/userland/issues/431
 */
test('a camera whose first key frame is its only one is stored whole', async (t) => {
  const service = await startService(t);
  const encoder = 'x264enc tune=zerolatency speed-preset=ultrafast key-int-max=100000';
  const line = `${liveVideo(120, encoder)} ! kvssink stream-name=camera`;
  await check({ service, stream: 'camera', outcome: await play(t, service, line) });
});
