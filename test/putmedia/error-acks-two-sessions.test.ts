import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ACK_ERRORS } from '../../src/putmedia/session/ack-errors.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { Harness, waitFor } from './support/harness.ts';
import { makeFormat, TestProducer } from './support/media.ts';
import { ackLine, errorLine, PutMediaService } from './support/put-media-service.ts';

// The error acknowledgements of error-acks.test.ts, while an old session waits for its last
// acknowledgements beside a new one: the one that did not get the error is left alone.

const SETTINGS = {
  connectTimeoutMs: 600_000,
  completionTimeoutMs: 600_000,
  connectionStalenessMs: 0,
};
function frames(from: number, count: number): number[] {
  return [...Array(count).keys()].map((index) => from + index);
}

/** Fragments 0 to 2 are the old session's, 3 to 5 the new one's; the middle one gets the error. */
const SIDES = [
  { side: 'old', refuses: 0, refused: 1, other: frames(9, 9) },
  { side: 'new', refuses: 1, refused: 4, other: frames(0, 9) },
] as const;

for (const { errorId, name, status, action } of ACK_ERRORS.values()) {
  for (const { side, refuses, refused, other } of SIDES) {
    test(`error acknowledgement ${errorId} ${name} to the ${side} one of two sessions: ${action}`, async () => {
      await using service = new PutMediaService();
      await service.listen();
      service.behave = (request) => (request < 2 ? { acks: ['BUFFERING'], keepOpen: true } : {});
      const clock = new ManualClock();
      using harness = new Harness({ endpoint: service.endpoint, clock, settings: SETTINGS });
      const producer = new TestProducer(harness.source);
      harness.uploader.start();
      producer.fragments(3);
      await waitFor(() => service.sessions.length === 1, 'the old session is opened');
      producer.format = makeFormat('another');
      producer.fragments(3);
      assert.ok(
        await clock.run(2000, () => service.sessions[1]?.fragments[2]?.frames.length === 3),
      );
      const sessions = service.sessions.slice(0, 2);
      const all = sessions.flatMap((session) => session.fragments);
      sessions[refuses]?.send(errorLine(all[refused]?.timecode ?? 0n, errorId));
      await waitFor(() => harness.heard.errors.length > 0, 'it is reported');
      assert.equal(harness.errorCodes[0], status);
      assert.equal(harness.heard.errors[0]?.index, refused);

      if (action === 'fatal') {
        await waitFor(() => sessions.every(({ closed }) => closed), 'both sessions are closed');
        await assert.rejects(harness.uploader.drain(1000), { code: status });
        await clock.run(20_000, undefined, 1000);
        assert.equal(service.sessions.length, 2);
        assert.equal(harness.source.pinned, 0);
        return;
      }
      const left = sessions[1 - refuses];
      assert.equal(left?.closed, false);
      for (const fragment of left?.fragments ?? []) {
        fragment.isPersisted = true;
        left?.send(ackLine('PERSISTED', fragment.timecode));
      }
      producer.complete();
      const drained = harness.uploader.drain(60_000);
      assert.ok(await clock.run(30_000, () => harness.source.size === 0));
      await drained;
      const again = frames(refuses * 9, 9).filter(
        (frame) => action !== 'skip' || Math.floor(frame / 3) !== refused,
      );
      assert.deepEqual(
        service.persistedFrames.toSorted((a, b) => a - b),
        [...other, ...again].toSorted((a, b) => a - b),
      );
      assert.deepEqual(
        service.sessions.slice(2).flatMap((one) => one.fragments.flatMap((f) => f.frames)),
        again,
      );
      assert.equal(harness.errorCodes.length, 1);
      assert.equal(harness.uploader.counters.skippedFragments, action === 'skip' ? 1 : 0);
      assert.deepEqual(service.problems, []);
    });
  }
}
