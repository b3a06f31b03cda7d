import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startSupervisedRun } from '../../../src/cli/rtsp/supervised-run.ts';

test('an attempt that is stopped before it listens had nothing to send: that is a clean end', async () => {
  const attempt = startSupervisedRun(['rtsp', '--once', 'rtsp://127.0.0.1:9/none'], process.env);
  attempt.stop();
  assert.equal(await attempt.ended, 0);
});
