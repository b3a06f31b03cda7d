import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fragmentFiles, storedFrames } from '../e2e/support/stored.ts';
import { startService } from '../local/support/service.ts';
import { heardOf, lostFrames } from './support/check.ts';
import { assertFragmentsDecode } from './support/decode.ts';
import { assertPlays } from './support/hls.ts';
import { runProgram } from './support/play.ts';

/** Frames between two switches, and a key frame that an encoder makes when it is asked. */
const MOST_LOST = 3 * 30;

for (const size of ['160x120', '320x240']) {
  test(`switching in mid-GOP to an encoder of ${size} stores no frame under the wrong header`, async (t) => {
    const service = await startService(t);
    const outcome = await runProgram(t, service, 'switch_encoded.py', 'camera', size, '60');
    const heard = heardOf(outcome, 'camera');
    const stored = await storedFrames(service, 'camera');
    const sent = Object.values(heard.pads).flat().length;
    const lost = lostFrames(heard);
    assert.deepEqual(outcome.errors, []);
    assert.equal(stored.length + lost, sent, JSON.stringify(heard.told));
    assert.ok(lost > 0 && lost < MOST_LOST, `${lost} frames were left out`);
    assert.ok(fragmentFiles(service, 'camera').length >= 3);
    assert.match(heard.warnings.join('\n'), /left out: frames that they refer to are missing/);
    await assertFragmentsDecode(service, 'camera', stored);
    await assertPlays(service, 'camera', 'chromium');
  });
}
