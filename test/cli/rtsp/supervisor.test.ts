import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Supervisor, waitAfterMs } from '../../../src/cli/rtsp/supervisor.ts';
import { ManualClock } from '../../support/manual-clock.ts';

type Attempt = { end: (code: number) => void; fail: (error: Error) => void; stops: number };

/** A supervisor over attempts that are ended by hand. */
function supervise(isStalled: () => boolean = () => false) {
  const clock = new ManualClock();
  const attempts: Attempt[] = [];
  const lines: string[] = [];
  const supervisor = new Supervisor({
    debug: () => {},
    clock,
    isStalled,
    graceMs: 30_000,
    random: () => 1,
    log: (line) => lines.push(line),
    start: () => {
      let end: Attempt['end'] = () => {};
      let fail: Attempt['fail'] = () => {};
      const ended = new Promise<number>((resolve, reject) => {
        end = resolve;
        fail = reject;
      });
      const attempt = { end, fail, stops: 0 };
      attempts.push(attempt);
      return {
        ended,
        stop: () => {
          attempt.stops += 1;
        },
      };
    },
  });
  return { supervisor, clock, attempts, lines, ended: supervisor.run() };
}

describe('keeping a camera connected', () => {
  it('waits longer after each failure, up to a minute, with jitter', () => {
    const waits = [1, 2, 3, 6, 7, 8, 1000].map((failures) => waitAfterMs(failures, () => 1));
    assert.deepEqual(waits, [1_000, 2_000, 4_000, 32_000, 60_000, 60_000, 60_000]);
    assert.equal(
      waitAfterMs(1, () => 0),
      500,
    );
  });

  it('restarts indefinitely, whatever the exit code', async () => {
    const { clock, attempts, lines } = supervise();
    for (let failures = 0; failures < 50; failures += 1) {
      attempts[failures]?.end(failures % 2);
      await clock.advance(60_000);
      assert.equal(attempts.length, failures + 2);
    }
    assert.match(lines[1] ?? '', /Ended with 1; connecting again in 2 s/);
  });

  it('begins with a short wait again after an attempt that lasted', async () => {
    const { clock, attempts, lines } = supervise();
    for (const index of [0, 1, 2, 3]) {
      attempts[index]?.end(1);
      await clock.advance(60_000);
    }
    await clock.advance(60_000);
    attempts[4]?.end(1);
    await clock.advance(0);
    assert.match(lines.at(-1) ?? '', /in 1 s \[failures:1\]/);
  });

  it('stops what runs, and hands its exit code on', async () => {
    const { supervisor, clock, attempts, ended } = supervise();
    await clock.advance(5_000);
    supervisor.stop();
    assert.equal(attempts[0]?.stops, 1);
    supervisor.stop();
    assert.equal(attempts[0]?.stops, 2, 'a second stop is handed on too');
    attempts[0]?.end(130);
    assert.equal(await ended, 130);
    await clock.advance(120_000);
    assert.equal(attempts.length, 1);
  });

  it('gives up what does not end in time when it is stopped', async () => {
    const { supervisor, clock, attempts, ended } = supervise();
    supervisor.stop();
    await clock.advance(29_999);
    assert.equal(attempts[0]?.stops, 1, 'it is sending what it has');
    await clock.advance(1);
    assert.equal(attempts[0]?.stops, 2);
    attempts[0]?.end(130);
    assert.equal(await ended, 130);
  });

  it('ends when an attempt says that no other would do better', async () => {
    const { supervisor, clock, attempts, ended } = supervise();
    attempts[0]?.fail(new Error('no such property'));
    await assert.rejects(ended, /no such property/);
    await clock.advance(120_000);
    assert.equal(attempts.length, 1);
    supervisor.stop();
    assert.equal(attempts[0]?.stops, 0);
  });

  it('stops at once while it waits', async () => {
    const { supervisor, clock, attempts, ended } = supervise();
    attempts[0]?.end(1);
    await clock.advance(100);
    supervisor.stop();
    assert.equal(await ended, 0);
    assert.equal(attempts.length, 1);
  });

  it('ends a connection that sends no frames, insists, and restarts', async () => {
    let stalled = false;
    const { clock, attempts, lines } = supervise(() => stalled);
    await clock.advance(100_000);
    assert.equal(attempts[0]?.stops, 0);
    stalled = true;
    await clock.advance(1_000);
    assert.equal(attempts[0]?.stops, 1);
    await clock.advance(29_000);
    assert.equal(attempts[0]?.stops, 1, 'it is sending what it has');
    await clock.advance(1_000);
    assert.equal(attempts[0]?.stops, 2);
    stalled = false;
    attempts[0]?.end(130);
    await clock.advance(1_000);
    assert.equal(attempts.length, 2);
    await clock.advance(100_000);
    assert.equal(attempts[1]?.stops, 0);
    assert.match(lines[0] ?? '', /no more frames/);
  });

  it('is not in more of a hurry when it is stopped while a stalled connection ends', async () => {
    const { supervisor, clock, attempts, ended } = supervise(() => true);
    await clock.advance(1_000);
    supervisor.stop();
    assert.equal(attempts[0]?.stops, 1, 'once asked to end is enough');
    supervisor.stop();
    assert.equal(attempts[0]?.stops, 2, 'a second stop is handed on');
    attempts[0]?.end(130);
    assert.equal(await ended, 130);
    await clock.advance(100_000);
    assert.equal(attempts.length, 1);
    assert.equal(attempts[0]?.stops, 2);
  });
});
