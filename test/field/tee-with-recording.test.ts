import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodedFrames } from '../e2e/support/framecrc.ts';
import { startService, temporaryFolder } from '../local/support/service.ts';
import { check } from './support/check.ts';
import { liveVideo } from './support/media.ts';
import { play } from './support/play.ts';

/**
 * One encoder for the cloud and for files, with a queue in each branch and with none.
 *
 * https://alatortsev.com/2019/10/18/amazon-kinesis-video-streams-on-raspberry-pi/
 * https://github.com/amzn/amazon-s3-gst-plugin/issues/6
 */
for (const [how, queue] of [
  ['with queues', 'queue !'],
  ['without queues', ''],
] as const) {
  test(`two kvssinks beside two recordings get every frame, ${how}`, async (t) => {
    const service = await startService(t);
    const folder = temporaryFolder(t);
    const outcome = await play(
      t,
      service,
      `${liveVideo(90)} ! tee name=t
       t. ! ${queue} kvssink stream-name=one  t. ! ${queue} kvssink stream-name=two
       t. ! ${queue} identity ! mp4mux ! filesink location=${folder}/all.mp4
       t. ! ${queue} identity ! splitmuxsink location=${folder}/%02d.mp4 max-size-time=1000000000`,
    );
    await check({ service, stream: 'one', outcome });
    await check({ service, stream: 'two', outcome });
    assert.equal(await decodedFrames([`${folder}/all.mp4`]), 90);
  });
}
