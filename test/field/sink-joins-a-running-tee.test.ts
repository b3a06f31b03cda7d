import { test } from 'node:test';
import { startService } from '../local/support/service.ts';
import { check, heardOf } from './support/check.ts';
import { type Outcome, runProgram, type SentFrame } from './support/play.ts';

/**
 * A recording that begins and ends while the camera goes on: kvssink is added to a tee, gets
 * EOS, and is removed.
 *
 * https://github.com/RidgeRun/gstd-1.x/issues/309
 * https://github.com/MaZderMind/dynamic-gstreamer-pipelines-cookbook/issues/1
 */
const STREAMS = ['one', 'two', 'three'];

for (const [how, end] of [
  ['with EOS', 'eos'],
  ['without EOS', 'cut'],
] as const) {
  test(`a kvssink that is removed ${how} has stored all it got, three times`, async (t) => {
    const service = await startService(t);
    const outcome = await runProgram(t, service, 'joins_tee.py', end, ...STREAMS);
    for (const stream of STREAMS) {
      const keeps = await fromFirstKeyFrame(outcome, stream);
      await check({ service, stream, outcome, ...keeps });
    }
  });
}

/** It may join in the middle of a group of pictures. */
function fromFirstKeyFrame(outcome: Outcome, stream: string) {
  const [frames = []] = Object.values(heardOf(outcome, stream).pads);
  const first = frames.findIndex(({ isDelta }) => !isDelta);
  return { keeps: (_: SentFrame, index: number) => index >= first, told: first };
}
