import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fragmentFiles, storedFrames } from '../e2e/support/stored.ts';
import { startService } from '../local/support/service.ts';
import { heardOf } from './support/check.ts';
import { ffmpegFile } from './support/media.ts';
import { play } from './support/play.ts';

/**
 * A key frame every 25 seconds: a fragment has to begin between two.
 *
 * https://github.com/awslabs/amazon-kinesis-video-streams-producer-sdk-cpp/issues/253
 * https://github.com/awslabs/amazon-kinesis-video-streams-producer-sdk-cpp/issues/1184
 * https://github.com/awslabs/amazon-kinesis-video-streams-producer-sdk-cpp/issues/537
 */
for (const settings of ['', 'key-frame-fragmentation=false fragment-duration=4000']) {
  test(`a GOP of 25 s is stored whole and reported once, with a total ${settings}`, async (t) => {
    const service = await startService(t);
    const file = ffmpegFile(
      '-f lavfi -i testsrc2=size=160x120:rate=10:duration=51 -pix_fmt yuv420p -c:v libx264 -bf 0 -g 250 -sc_threshold 0',
      '.mp4',
    );
    const line = `filesrc location=${file} ! qtdemux ! h264parse ! kvssink stream-name=camera streaming-type=offline ${settings}`;
    const outcome = await play(t, service, line);
    assert.equal(outcome.ended, 'eos');
    assert.equal((await storedFrames(service, 'camera')).length, 510);
    assert.equal(fragmentFiles(service, 'camera').length, 7);
    const { warnings, told } = heardOf(outcome, 'camera');
    assert.deepEqual(told, []);
    assert.equal(warnings.length, 2, warnings.join('\n'));
    assert.match(
      warnings[0] ?? '',
      /^A fragment .* without a key frame: none arrived for ten seconds.*key-int-max/s,
    );
    assert.match(warnings[1] ?? '', /\(4 since the start\)/);
  });
}

test('an encoder that obeys is asked for a key frame before the ten seconds are over', async (t) => {
  const service = await startService(t);
  const line =
    'videotestsrc is-live=true num-buffers=110 ! video/x-raw,width=160,height=120,framerate=10/1 ! ' +
    'x264enc tune=zerolatency speed-preset=ultrafast key-int-max=100000 ! h264parse ! kvssink stream-name=camera';
  const outcome = await play(t, service, line);
  assert.equal((await storedFrames(service, 'camera')).length, 110);
  assert.equal(fragmentFiles(service, 'camera').length, 2);
  assert.deepEqual(heardOf(outcome, 'camera').warnings, []);
});
