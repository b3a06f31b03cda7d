import assert from 'node:assert/strict';
import { test } from 'node:test';
import { storedFrames } from '../e2e/support/stored.ts';
import { startService } from '../local/support/service.ts';
import { assertFragmentsDecode } from './support/decode.ts';
import { assertPlays } from './support/hls.ts';
import { ffmpegFile, H264, testPicture } from './support/media.ts';
import { play } from './support/play.ts';

/**
 * Two uploads of recorded clips, of which the second begins within the first.
 *
 * https://github.com/awslabs/amazon-kinesis-video-streams-producer-c/issues/154
 */
test('a clip uploaded later takes the place of what it overlaps', async (t) => {
  const service = await startService(t);
  const clip = ffmpegFile(`${testPicture(4)} ${H264}`, '.mp4');
  const startS = 1_700_000_000;
  for (const second of [0, 2]) {
    await play(
      t,
      service,
      `filesrc location=${clip} ! qtdemux ! h264parse ! kvssink stream-name=clips
       streaming-type=offline file-start-time=${startS + second}`,
    );
  }
  const stored = await storedFrames(service, 'clips');
  const times = stored.map(({ timeMs }) => timeMs).sort((a, b) => a - b);
  assert.equal(times.length, 180);
  for (const [index, time] of times.entries()) {
    assert.ok(Math.abs(time - startS * 1000 - (index * 1000) / 30) <= 1, `frame ${index}: ${time}`);
  }
  await assertFragmentsDecode(service, 'clips', stored);
  await assertPlays(service, 'clips', 'chromium');
});
