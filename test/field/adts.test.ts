import { test } from 'node:test';
import { startService } from '../local/support/service.ts';
import { check } from './support/check.ts';
import { play } from './support/play.ts';

/**
 * AAC as encoders and RTMP servers hand it on: each frame with an ADTS header, which players of
 * Matroska do not expect.
 *
 * https://github.com/awslabs/amazon-kinesis-video-streams-producer-c/issues/297
 * https://github.com/awslabs/amazon-kinesis-video-streams-producer-c/issues/346
 * https://github.com/awslabs/amazon-kinesis-video-streams-producer-sdk-cpp/issues/241
 */
for (const [how, parser] of [
  ['in ADTS', 'aacparse ! audio/mpeg,stream-format=adts !'],
  ['without a parser', ''],
] as const) {
  test(`AAC ${how} is stored raw, beside the video`, async (t) => {
    const service = await startService(t);
    const outcome = await play(
      t,
      service,
      `videotestsrc num-buffers=90 ! video/x-raw,width=160,height=120,framerate=30/1 !
       x264enc key-int-max=30 ! h264parse ! queue ! kvssink name=k stream-name=camera
       audiotestsrc num-buffers=140 samplesperbuffer=1024 ! audio/x-raw,rate=48000,channels=1 !
       audioconvert ! avenc_aac ! ${parser} queue ! k.`,
    );
    await check({ service, stream: 'camera', outcome });
  });
}
