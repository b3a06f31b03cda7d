import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startService } from '../local/support/service.ts';
import { play } from './support/play.ts';

/**
 * Names that KVS does not take.
 */
for (const name of ['front door', 'garage-é', 'a/b', 'arn:aws', 'x'.repeat(257)]) {
  test(`the stream name ${JSON.stringify(name.slice(0, 12))} is an error that says why`, async (t) => {
    const service = await startService(t);
    const outcome = await play(
      t,
      service,
      `videotestsrc num-buffers=30 ! x264enc ! h264parse ! kvssink stream-name="${name}"`,
    );
    assert.equal(outcome.ended, 'error');
    assert.match(outcome.errors.join(), /stream-?name/i);
    assert.equal(service.streams.list().length, 0);
  });
}
