import assert from 'node:assert/strict';
import { test } from 'node:test';
import { storedFrames } from '../e2e/support/stored.ts';
import { startService } from '../local/support/service.ts';
import { heardOf, lostFrames } from './support/check.ts';
import { assertFragmentsDecode } from './support/decode.ts';
import { assertPlays } from './support/hls.ts';
import { runProgram } from './support/play.ts';

/**
 * A GoPro, a drone or ffmpeg sends MPEG-TS over UDP, stops, and starts anew.
 *
 * https://github.com/bluenviron/mediamtx/issues/2103
 */
test('MPEG-TS over UDP continues when its sender restarts', async (t) => {
  const service = await startService(t);
  const outcome = await runProgram(t, service, 'udp_senders.py', 'camera');
  // What a sender left behind when it stopped, of a packet or of a group of pictures, is not sent.
  const stored = await storedFrames(service, 'camera');
  const { pads } = heardOf(outcome, 'camera');
  const sent = Object.values(pads).flat().length;
  assert.ok(sent >= 110, `${sent} of 120 frames came to kvssink`);
  assert.deepEqual(outcome.errors, []);
  assert.equal(stored.length + lostFrames(heardOf(outcome, 'camera')), sent);
  const spanMs = (stored.at(-1)?.timeMs ?? 0) - (stored[0]?.timeMs ?? 0);
  assert.ok(spanMs > 3_500 && spanMs < 10_000, `stored over ${spanMs} ms`);
  await assertFragmentsDecode(service, 'camera', stored);
  await assertPlays(service, 'camera', 'chromium');
});
