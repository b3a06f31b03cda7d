import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { systemClock } from '../../src/runtime/clock.ts';
import { startService } from '../local/support/service.ts';
import { check, heardOf } from './support/check.ts';
import { play, type SentFrame } from './support/play.ts';

/** A Raspberry Pi without a battery for its clock, which nobody has set. */
const BEHIND_MS = 6 * 365 * 86_400_000;
/** A Date header counts whole seconds, and its middle is taken. */
const DATE_MS = 1_000;

/** A service whose clock is right, as seen from a machine whose clock is not. */
async function serviceAhead(t: TestContext) {
  const clock = { ...systemClock, nowMs: () => systemClock.nowMs() + BEHIND_MS };
  return startService(t, { clock });
}

function camera(stream: string, more = ''): string {
  return (
    'videotestsrc is-live=true num-buffers=120 ! video/x-raw,width=160,height=120,framerate=30/1 ! ' +
    'x264enc tune=zerolatency speed-preset=ultrafast key-int-max=30 ! h264parse ! ' +
    `kvssink stream-name=${stream} ${more}`
  );
}

/**
 * https://github.com/evercam/ex_nvr/issues/404
 * https://github.com/awslabs/amazon-kinesis-video-streams-producer-sdk-cpp/issues/330
 */
test('a machine that is in 2020: all frames are stored at the time that the service says', async (t) => {
  const service = await serviceAhead(t);
  const outcome = await play(t, service, camera('pi'));
  await check({
    service,
    stream: 'pi',
    outcome,
    timeMs: ({ arrivedMs }: SentFrame) => arrivedMs + BEHIND_MS,
    startMs: 0,
    withinMs: DATE_MS + 1_000,
    // The client that asks for the playlist is in 2020 too, and is refused.
    player: 'none',
    warnings: [
      /clock was 2190 days behind .*the service says\. The stream continues at the correct/,
    ],
  });
  assert.ok(heardOf(outcome, 'pi').messages.includes('kvs-clock-error'));
});

test('correct-clock=false: the times are kept, and the error is reported', async (t) => {
  const service = await serviceAhead(t);
  const outcome = await play(t, service, camera('pi', 'correct-clock=false'));
  await check({
    service,
    stream: 'pi',
    outcome,
    timeMs: ({ arrivedMs }: SentFrame) => arrivedMs,
    startMs: 0,
    // A frame that a busy machine pushes late keeps the time at which it was made.
    withinMs: 1_000,
    player: 'none',
    warnings: [/The stream keeps its timestamps\. .*correct-clock=true/],
  });
});
