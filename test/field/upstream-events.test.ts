import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startService } from '../local/support/service.ts';
import { check, heardOf } from './support/check.ts';
import { ffmpegFile, H264, testPicture } from './support/media.ts';
import { type Outcome, runProgram } from './support/play.ts';

const SECONDS = 2;
const FPS = 30;

function line(file: string, rest: string): string {
  return `filesrc location=${file} ! qtdemux ! h264parse ! identity sync=true ! kvssink ${rest}`;
}

function framesOf(outcome: Outcome) {
  return heardOf(outcome, 'camera').pads['video_0'] ?? [];
}

/**
 * A file that an application loops by seeking when it is told that a round is over.
 *
 * https://github.com/meetecho/simple-whip-client/issues/8
 */
test('a file looped by segment seeks goes on without a gap', async (t) => {
  const service = await startService(t);
  const file = ffmpegFile(`${testPicture(SECONDS)} ${H264}`, '.mp4');
  const outcome = await runProgram(
    t,
    service,
    'loop_by_seek.py',
    line(file, 'stream-name=camera'),
    '3',
    'segment',
  );
  assert.equal(framesOf(outcome).length, 3 * SECONDS * FPS);
  // qtdemux gives the first frame of a round the running time of the last one before it: it is stored
  // at its arrival, less than a frame later.
  await check({ service, stream: 'camera', outcome, withinMs: 1000 / FPS / 2 });
});

/**
 * Each round begins at the wall clock, and has the pace of the first: the pipeline's base time
 * moves with the flush.
 *
 * https://github.com/meetecho/simple-whip-client/issues/8
 */
test('a file looped by seeks that flush is played at its own pace in each round', async (t) => {
  const service = await startService(t);
  const file = ffmpegFile(`${testPicture(SECONDS)} ${H264}`, '.mp4');
  const outcome = await runProgram(
    t,
    service,
    'loop_by_seek.py',
    line(file, 'stream-name=camera'),
    '2',
    'flush',
  );
  const frames = framesOf(outcome);
  const perRound = SECONDS * FPS;
  assert.equal(frames.length, 2 * perRound);
  const lasted = (frames.at(-1)?.arrivedMs ?? 0) - (frames[perRound]?.arrivedMs ?? 0);
  // Late frames are not waited for, so a busy machine makes the first of them come late.
  assert.ok(lasted > (SECONDS * 1000) / 2, `the second round was played within ${lasted} ms`);
  await check({
    service,
    stream: 'camera',
    outcome,
    timeMs: (frame) => frame.arrivedMs,
    startMs: 0,
    withinMs: 1_000,
  });
});

/**
 * A request for a key frame, sent to the pipeline.
 *
 * https://github.com/thaytan/gst-rpicamsrc/issues/43
 */
test('a key frame that is asked for at the pipeline comes, and begins a fragment', async (t) => {
  const service = await startService(t);
  const outcome = await runProgram(
    t,
    service,
    'ask_for_key_frames.py',
    `videotestsrc num-buffers=90 ! video/x-raw,width=160,height=120,framerate=${FPS}/1 !
     x264enc name=encoder key-int-max=300 tune=zerolatency speed-preset=ultrafast ! h264parse ! kvssink stream-name=camera`,
    '35',
    '70',
  );
  const keys = framesOf(outcome).flatMap(({ isDelta }, index) => (isDelta ? [] : [index]));
  assert.equal(keys.length, 3, `key frames at ${keys.join(', ')}`);
  const stored = await check({ service, stream: 'camera', outcome });
  assert.equal(new Set(stored.map(({ fragment }) => fragment)).size, keys.length);
});
