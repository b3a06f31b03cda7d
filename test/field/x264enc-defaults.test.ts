import { test } from 'node:test';
import { startService } from '../local/support/service.ts';
import { check } from './support/check.ts';
import { play } from './support/play.ts';

/**
 * x264enc with its own settings holds back 40 frames and more, and makes one key frame in 250.
 *
 * https://github.com/awslabs/amazon-kinesis-video-streams-producer-sdk-cpp/issues/225
 * https://github.com/awslabs/amazon-kinesis-video-streams-producer-sdk-cpp/issues/147
 */
test('x264enc with its defaults at 10 frames a second loses nothing', async (t) => {
  const service = await startService(t);
  const outcome = await play(
    t,
    service,
    'videotestsrc is-live=true num-buffers=40 ! video/x-raw,width=160,height=120,framerate=10/1 ! ' +
      'x264enc ! h264parse ! kvssink stream-name=camera',
  );
  await check({ service, stream: 'camera', outcome });
});
