// In a file of its own: it takes the 13 s that it is about, beside other tests.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startService } from '../local/support/service.ts';
import { listFragments } from '../support/list-fragments.ts';
import { decodedFrames } from './support/framecrc.ts';
import { runPython } from './support/python.ts';
import { fragmentFiles, storedFrames } from './support/stored.ts';

test('D8: audio is silent for 10 s: video does not wait, and audio comes back in its place', async (t) => {
  const service = await startService(t);
  await runPython(t, service, 'silent_audio.py', 'av');
  const frames = await storedFrames(service, 'av');
  const pictures = frames.filter(({ track }) => track === 1);
  const sounds = frames.filter(({ track }) => track === 2);
  assert.equal(pictures.length, 195);
  for (const track of [pictures, sounds]) {
    for (const [index, frame] of track.entries()) {
      const previous = track[index - 1];
      if (previous) assert.ok(frame.timeMs > previous.timeMs, `frame ${index} goes back`);
    }
  }
  const pause = sounds.findIndex(
    ({ timeMs }, i) => timeMs - (sounds[i - 1]?.timeMs ?? timeMs) > 1e3,
  );
  const lengthMs = (sounds[pause]?.timeMs ?? 0) - (sounds[pause - 1]?.timeMs ?? 0);
  // Whole AAC frames of 21.3 ms around the 10 s.
  assert.ok(lengthMs >= 9_978 && lengthMs <= 10_043, `silent for ${lengthMs} ms`);
  // Nothing of the video waited: each fragment came to the service about when it was taken.
  const fragments = await listFragments(service.streams.byName('av')?.fragments);
  const delaysMs = fragments.map(
    ({ serverTimestampMs, producerTimestampMs }) =>
      Number(serverTimestampMs) - Number(producerTimestampMs),
  );
  assert.ok(Math.max(...delaysMs) < 5_000, `a fragment came ${Math.max(...delaysMs)} ms late`);
  assert.equal(await decodedFrames(fragmentFiles(service, 'av')), 195);
});
