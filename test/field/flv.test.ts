import { test } from 'node:test';
import { startService } from '../local/support/service.ts';
import { check } from './support/check.ts';
import { ffmpegFile, H264, testPicture, testTone } from './support/media.ts';
import { play } from './support/play.ts';

/**
 * What RTMP servers and OBS send: FLV with B-frames and AAC.
 *
 * https://github.com/awslabs/amazon-kinesis-video-streams-producer-sdk-cpp/issues/433
 * https://github.com/aws-samples/amazon-kinesis-video-streams-demos/issues/165
 */
for (const [how, video, audio] of [
  ['with parsers', 'h264parse !', 'aacparse !'],
  ['without parsers', '', ''],
] as const) {
  test(`FLV with B-frames and AAC is stored as it is, ${how}`, async (t) => {
    const service = await startService(t);
    const file = ffmpegFile(`${testPicture(5)} ${testTone(5)} ${H264} -bf 2 -c:a aac`, '.flv');
    const outcome = await play(
      t,
      service,
      `filesrc location=${file} ! flvdemux name=d
       d.video ! queue ! ${video} kvssink name=k stream-name=camera  d.audio ! queue ! ${audio} k.`,
    );
    await check({ service, stream: 'camera', outcome });
  });
}

test('FLV that flvmux makes, whose decoding times step back at the start, keeps its times', async (t) => {
  const service = await startService(t);
  const outcome = await play(
    t,
    service,
    'videotestsrc num-buffers=90 ! video/x-raw,width=160,height=120,framerate=30/1 ! ' +
      'x264enc key-int-max=30 ! flvmux ! flvdemux ! h264parse ! kvssink stream-name=camera',
  );
  await check({ service, stream: 'camera', outcome });
});
