import { test } from 'node:test';
import { startService } from '../local/support/service.ts';
import { check } from './support/check.ts';
import { ffmpegFile, testPicture } from './support/media.ts';
import { play } from './support/play.ts';

/**
 * Intra refresh: one IDR picture, and then a column of each picture is coded anew. x264 flags the
 * picture at which a round begins as a key frame, and a recovery point says when all is right.
 *
 * https://github.com/w3c/webcodecs/issues/710
 */
const FILE = `${testPicture(4)} -pix_fmt yuv420p -c:v libx264 -g 30 -bf 0 -x264-params intra-refresh=1`;

test('a file with intra refresh is stored whole, in fragments that begin at its recovery points', async (t) => {
  const service = await startService(t);
  const outcome = await play(
    t,
    service,
    `filesrc location=${ffmpegFile(FILE, '.mp4')} ! qtdemux ! h264parse ! ` +
      'kvssink stream-name=camera streaming-type=offline',
  );
  await check({ service, stream: 'camera', outcome, decodes: 'together' });
});

test('a camera with intra refresh is stored whole', async (t) => {
  const service = await startService(t);
  const outcome = await play(
    t,
    service,
    'videotestsrc is-live=true num-buffers=120 ! video/x-raw,width=160,height=120,framerate=30/1 ! ' +
      'x264enc tune=zerolatency speed-preset=ultrafast intra-refresh=true key-int-max=30 ! kvssink stream-name=camera',
  );
  await check({ service, stream: 'camera', outcome, decodes: 'together' });
});
