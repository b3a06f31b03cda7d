import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startService } from '../local/support/service.ts';
import { listFragments } from '../support/list-fragments.ts';
import { check } from './support/check.ts';
import { liveVideo } from './support/media.ts';
import { play } from './support/play.ts';

/**
 * Key frames four times a second make many small fragments: fragment-duration joins them.
 *
 * https://github.com/awslabs/amazon-kinesis-video-streams-producer-sdk-cpp/issues/404
 * https://github.com/awslabs/amazon-kinesis-video-streams-producer-sdk-cpp/issues/500
 */
test('without key-frame-fragmentation a fragment ends at the first key frame after its duration', async (t) => {
  const service = await startService(t);
  const outcome = await play(
    t,
    service,
    `${liveVideo(90, 'x264enc tune=zerolatency speed-preset=ultrafast key-int-max=8')} !
     kvssink stream-name=camera key-frame-fragmentation=false fragment-duration=1000`,
  );
  await check({ service, stream: 'camera', outcome });
  const fragments = await listFragments(service.streams.byName('camera')?.fragments);
  assert.deepEqual(
    fragments.map(({ frames }) => frames),
    [32, 32, 26],
  );
});
