import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startService } from '../local/support/service.ts';
import { listFragments } from '../support/list-fragments.ts';
import { runProgram } from './support/play.ts';

/**
 * A program that names its stream late, or gives it another name for the next start.
 *
 * https://github.com/awslabs/amazon-kinesis-video-streams-producer-sdk-cpp/issues/1044
 */
test('a stream-name set in PAUSED counts at once in NULL, else at the next start', async (t) => {
  const service = await startService(t);
  const outcome = await runProgram(t, service, 'renames.py');
  // One element: it reports all that it sent under its last name.
  const frames = await Promise.all(
    ['first', 'second'].map((stream) => listFragments(service.streams.byName(stream)?.fragments)),
  );
  assert.deepEqual(outcome.errors, []);
  assert.deepEqual(
    frames.map((list) => list.reduce((sum, fragment) => sum + fragment.frames, 0)),
    [60, 60],
  );
});
