import { test } from 'node:test';
import { startService } from '../local/support/service.ts';
import { check } from './support/check.ts';
import { play } from './support/play.ts';

/**
 * Cameras with G.711: KVS keeps it, its console plays the video; some turn it into AAC on the way.
 *
 * https://github.com/awslabs/amazon-kinesis-video-streams-producer-c/issues/286
 * https://github.com/awslabs/amazon-kinesis-video-streams-producer-sdk-java/issues/106
 */
const video =
  'videotestsrc num-buffers=90 ! video/x-raw,width=160,height=120,framerate=30/1 ! ' +
  'x264enc key-int-max=30 ! h264parse ! queue ! kvssink name=k stream-name=camera';
const alaw =
  'audiotestsrc num-buffers=75 samplesperbuffer=320 ! audio/x-raw,rate=8000,channels=1 ! alawenc';

test('A-law beside H.264 is stored as it is', async (t) => {
  const service = await startService(t);
  const outcome = await play(t, service, `${video}  ${alaw} ! queue ! k.`);
  // HLS has no G.711.
  await check({ service, stream: 'camera', outcome, player: 'none' });
});

for (const rate of [44_100, 8_000]) {
  test(`A-law that becomes AAC of ${rate} Hz plays`, async (t) => {
    const service = await startService(t);
    const outcome = await play(
      t,
      service,
      `${video}  ${alaw} ! alawdec ! audioresample ! audio/x-raw,rate=${rate} ! audioconvert !
       avenc_aac ! aacparse ! queue ! k.`,
    );
    await check({ service, stream: 'camera', outcome });
  });
}
