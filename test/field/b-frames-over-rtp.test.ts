import { test } from 'node:test';
import { startService } from '../local/support/service.ts';
import { check } from './support/check.ts';
import { play } from './support/play.ts';

/**
 * RTP has no DTS: a camera with B-frames sends times that go back and forth.
 *
 * https://github.com/scottlamb/retina/issues/61
 * https://github.com/video-dev/hls.js/issues/1173
 */
for (const [name, line] of [
  [
    'B-frames through RTP keep the times of their pictures',
    'videotestsrc num-buffers=90 ! video/x-raw,width=160,height=120,framerate=30/1 ! x264enc bframes=2 key-int-max=30 ! rtph264pay ! rtph264depay ! h264parse',
  ],
  [
    'B-frames of a live encoder through RTP keep the times of their pictures',
    'videotestsrc is-live=true num-buffers=90 ! video/x-raw,width=160,height=120,framerate=30/1 ! x264enc bframes=2 key-int-max=30 ! rtph264pay ! rtph264depay ! h264parse',
  ],
] as const) {
  test(`${name}`, async (t) => {
    const service = await startService(t);
    const outcome = await play(t, service, `${line} ! kvssink stream-name=camera`);
    await check({ service, stream: 'camera', outcome });
  });
}
