import { test } from 'node:test';
import { startService } from '../local/support/service.ts';
import { check } from './support/check.ts';
import { play } from './support/play.ts';

/**
 * Encoders other than x264, and frame rates that a filter makes.
 *
 * https://github.com/awslabs/amazon-kinesis-video-streams-producer-sdk-cpp/issues/532
 * https://github.com/awslabs/amazon-kinesis-video-streams-producer-sdk-cpp/issues/942
 */
for (const [name, line] of [
  [
    'openh264 with the SVC prefix of its pictures is stored whole',
    'videotestsrc num-buffers=90 ! video/x-raw,width=160,height=120,framerate=30/1 ! openh264enc gop-size=30 ! h264parse',
  ],
  [
    'openh264 without a parser is stored whole',
    'videotestsrc num-buffers=90 ! video/x-raw,width=160,height=120,framerate=30/1 ! openh264enc gop-size=30',
  ],
  [
    'a camera slowed down by videorate is stored whole',
    'videotestsrc is-live=true num-buffers=90 ! video/x-raw,width=160,height=120,framerate=30/1 ! videorate ! video/x-raw,framerate=7/1 ! x264enc tune=zerolatency speed-preset=ultrafast key-int-max=7 ! h264parse',
  ],
  [
    'a recording of one picture is stored',
    'videotestsrc num-buffers=1 ! video/x-raw,width=160,height=120,framerate=30/1 ! x264enc ! h264parse',
  ],
] as const) {
  test(`${name}`, async (t) => {
    const service = await startService(t);
    const outcome = await play(t, service, `${line} ! kvssink stream-name=camera`);
    await check({ service, stream: 'camera', outcome });
  });
}
