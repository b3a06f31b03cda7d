import { test } from 'node:test';
import { startService } from '../local/support/service.ts';
import { check } from './support/check.ts';
import { liveAudio, liveVideo } from './support/media.ts';
import { play } from './support/play.ts';

/**
 * A source whose audio has another zero point than its video, an hour away.
 *
 * https://github.com/DDVTECH/mistserver/issues/263
 */
for (const [order, encoder] of [
  ['video comes first', 'x264enc tune=zerolatency speed-preset=ultrafast key-int-max=30'],
  ['audio comes first', 'x264enc rc-lookahead=40 bframes=0 key-int-max=30'],
]) {
  test(`audio whose clock is an hour off is stored in step with the video: ${order}`, async (t) => {
    const service = await startService(t);
    const outcome = await play(
      t,
      service,
      `${liveVideo(90, encoder)} ! queue ! kvssink name=k stream-name=camera
       ${liveAudio(140)} ! queue name=q ! k.`,
      [0, 'q:src.offset=3600000000000'],
    );
    await check({
      service,
      stream: 'camera',
      outcome,
      timeMs: ({ ptsMs = 0 }, _, pad) => (pad.startsWith('audio') ? ptsMs - 3_600_000 : ptsMs),
      // Of two clocks it is only known what came at the same time, on a machine that has much to do.
      withinMs: 2_000,
      warnings: [/The source's timestamps jumped .* the stream continues at the time of arrival/],
    });
  });
}
