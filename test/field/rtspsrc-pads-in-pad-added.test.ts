import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { storedFrames } from '../e2e/support/stored.ts';
import { startService } from '../local/support/service.ts';
import { check } from './support/check.ts';
import { runProgram } from './support/play.ts';

/** 20 ms at 8 kHz, as the camera sends it. */
const ALAW_BYTES = 160;

/** On a busy machine the jitter buffer of rtspsrc sets its times back for some packets. */
const SET_BACK_MS = 500;

/**
 * A program with an rtspsrc whose pads it links as they come: kvssink has none when it starts.
 *
 * https://github.com/awslabs/amazon-kinesis-video-streams-producer-sdk-cpp/issues/268
 * https://github.com/awslabs/amazon-kinesis-video-streams-producer-sdk-cpp/issues/684
 */
describe('pads of rtspsrc that are linked in pad-added', () => {
  test('picture and A-law sound are stored together, and nothing of either is missing', async (t) => {
    const service = await startService(t);
    const outcome = await runProgram(t, service, 'rtsp_pads.py', 'yard', 'video', 'audio');
    // Each pad has a thread of its own: whichever is linked first may open the stream as track 1.
    const sound = (await storedFrames(service, 'yard')).find(({ bytes }) => bytes === ALAW_BYTES);
    assert.ok(sound);
    const tracks = { audio_0: sound.track, video_0: 3 - sound.track };
    const stored = await check({
      service,
      stream: 'yard',
      outcome,
      player: 'none',
      tracks,
      withinMs: SET_BACK_MS,
    });
    // On a busy machine the sound may be linked a moment after half a second, and joins then.
    const fragments = new Set(stored.map(({ fragment }) => fragment));
    const inBoth = [...fragments].filter(
      (number) =>
        new Set(stored.filter(({ fragment }) => fragment === number).map(({ track }) => track))
          .size === 2,
    );
    assert.ok(inBoth.length > 0);
  });

  test('only the picture is linked: nobody waits for the sound', async (t) => {
    const service = await startService(t);
    const outcome = await runProgram(t, service, 'rtsp_pads.py', 'yard', 'video');
    await check({ service, stream: 'yard', outcome, withinMs: SET_BACK_MS });
  });
});
