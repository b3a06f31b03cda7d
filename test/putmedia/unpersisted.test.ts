import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { UploaderSettings } from '../../src/putmedia/uploader-api.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { Harness } from './support/harness.ts';
import { TestProducer } from './support/media.ts';
import { ackLine, type Behaviour, PutMediaService } from './support/put-media-service.ts';

const PATIENT = { connectTimeoutMs: 600_000, completionTimeoutMs: 600_000 };
const RECEIVED_ONLY: Behaviour = { acks: ['BUFFERING', 'RECEIVED'] };
const STOP_TIMEOUT_MS = 120_000;

type Rig = {
  service: PutMediaService;
  harness: Harness;
  producer: TestProducer;
  clock: ManualClock;
};

async function withRig(
  behave: (request: number) => Behaviour,
  settings: Partial<UploaderSettings>,
  run: (rig: Rig) => Promise<void>,
): Promise<void> {
  await using service = new PutMediaService();
  await service.listen();
  service.behave = behave;
  const clock = new ManualClock();
  using harness = new Harness({
    endpoint: service.endpoint,
    clock,
    settings: { ...PATIENT, ...settings },
  });
  await run({ service, harness, producer: new TestProducer(harness.source), clock });
  assert.deepEqual(service.problems, []);
}

/** How often each fragment came to the service, by the number of its first frame. */
function sendings({ sessions }: PutMediaService): Map<number, number> {
  const counts = new Map<number, number>();
  for (const { fragments } of sessions) {
    for (const { frames } of fragments) {
      const first = frames[0] ?? -1;
      counts.set(first, (counts.get(first) ?? 0) + 1);
    }
  }
  return counts;
}

function sum(numbers: Iterable<number>): number {
  return [...numbers].reduce((a, b) => a + b, 0);
}

/** Drains until the time-out, and returns the error. */
async function drainInVain({ harness, clock }: Rig): Promise<Error> {
  const drained = harness.uploader.drain(STOP_TIMEOUT_MS).then(
    () => assert.fail('it was drained'),
    (error: Error) => error,
  );
  await clock.run(STOP_TIMEOUT_MS + 1000, undefined, 250);
  return await drained;
}

test('a film that is received and never persisted is not sent again as a whole: one fragment at a time, with back-off', async () => {
  await withRig(
    () => RECEIVED_ONLY,
    {},
    async (rig) => {
      const { service, harness, producer } = rig;
      producer.fragments(30);
      producer.complete();
      harness.uploader.start();
      const error = await drainInVain(rig);
      const counts = sendings(service);
      assert.equal(counts.size, 30);
      assert.ok(Math.max(...counts.values()) <= 2, 'no fragment more than twice');
      const again = sum(counts.values()) - 30;
      assert.ok(again >= 3 && again <= 8, `${again} fragments again`);
      assert.match(error.message, /90 frames in 30 fragments .* 30 of the fragments were received/);
      assert.match(
        harness.heard.errors[0]?.error.describe() ?? '',
        /30 fragments \(0 to 29\) were received and not persisted.*data retention/s,
      );
    },
  );
});

test('a single fragment that is received and never persisted is sent twice, and no more', async () => {
  await withRig(
    () => RECEIVED_ONLY,
    {},
    async (rig) => {
      rig.producer.fragment();
      rig.producer.complete();
      rig.harness.uploader.start();
      await drainInVain(rig);
      assert.deepEqual([...sendings(rig.service).values()], [2]);
    },
  );
});

test('as soon as the service persists again, everything that was held is sent and settled', async () => {
  await withRig(
    (request) => (request < 4 ? RECEIVED_ONLY : {}),
    {},
    async ({ service, harness, producer, clock }) => {
      producer.fragments(30);
      producer.complete();
      harness.uploader.start();
      const drained = harness.uploader.drain(STOP_TIMEOUT_MS);
      assert.ok(await clock.run(60_000, () => harness.source.size === 0, 250));
      await drained;
      assert.deepEqual(
        service.persistedFrames.toSorted((a, b) => a - b),
        [...Array(90).keys()],
      );
      assert.ok(Math.max(...sendings(service).values()) <= 3);
    },
  );
});

test('a live stream of which nothing is persisted is reported within half a minute, and continues with new media', async () => {
  await withRig(
    () => RECEIVED_ONLY,
    { connectionStalenessMs: 5_000 },
    async ({ service, harness, producer, clock }) => {
      harness.uploader.start();
      for (let second = 0; second < 600; second++) {
        producer.fragment();
        await clock.run(1000, undefined, 500);
        if (second === 30) {
          assert.match(
            harness.heard.errors[0]?.error.describe() ?? '',
            /fragments \(0 to \d+\) were received and not persisted for 2\d.*s.*data retention/s,
          );
        }
      }
      const counts = sendings(service);
      assert.ok(counts.size >= 599, `${counts.size} of 600 fragments came`);
      assert.ok(Math.max(...counts.values()) <= 2);
      const again = sum(counts.values()) - counts.size;
      assert.ok(again <= 20, `${again} fragments again in ten minutes`);
      assert.ok(harness.heard.stale.length >= 3, 'reported repeatedly');
      assert.ok(harness.heard.stale.length <= 6, `${harness.heard.stale.length} resets`);
    },
  );
});

test('the warning comes where staleness is not watched, too, and once per session', async () => {
  await withRig(
    () => RECEIVED_ONLY,
    { connectionStalenessMs: 0 },
    async ({ service, harness, producer, clock }) => {
      harness.uploader.start();
      for (let second = 0; second < 60; second++) {
        producer.fragment();
        await clock.run(1000, undefined, 500);
      }
      assert.equal(service.sessions.length, 1);
      assert.deepEqual(harness.errorCodes, ['STATUS_PERSISTED_ACK_TIMEOUT']);
    },
  );
});

test('a service that acknowledges nothing at all gets a film twice, then single fragments', async () => {
  await withRig(
    () => ({ acks: [] }),
    {},
    async (rig) => {
      const { service, harness, producer } = rig;
      producer.fragments(30);
      producer.complete();
      harness.uploader.start();
      const error = await drainInVain(rig);
      const total = sum(sendings(service).values());
      assert.ok(total >= 60 && total <= 68, `${total} fragments for 30`);
      assert.doesNotMatch(error.message, /were received/);
    },
  );
});

test('a connection that breaks each time after RECEIVED loses nothing in the end, and does not send all each time', async () => {
  await withRig(
    (request) => (request < 5 ? RECEIVED_ONLY : {}),
    {},
    async ({ service, harness, producer, clock }) => {
      producer.fragments(20);
      harness.uploader.start();
      for (let broken = 0; broken < 5; broken++) {
        const session = (): number => service.sessions.findIndex(({ closed }) => !closed);
        await clock.run(
          30_000,
          () => (service.sessions[session()]?.fragments.at(0)?.isWhole ?? false) === true,
          250,
        );
        await clock.run(1000);
        service.sessions[session()]?.socket.resetAndDestroy();
        await clock.run(500);
        producer.fragment();
      }
      producer.complete();
      const drained = harness.uploader.drain(STOP_TIMEOUT_MS);
      assert.ok(await clock.run(100_000, () => harness.source.size === 0, 250));
      await drained;
      assert.deepEqual(
        [...new Set(service.persistedFrames)].toSorted((a, b) => a - b),
        [...Array(75).keys()],
      );
      assert.ok(Math.max(...sendings(service).values()) <= 4);
    },
  );
});

test('a PERSISTED that comes after the second sending settles the fragment, which is not sent a third time', async () => {
  await withRig(
    (request) => (request === 0 ? RECEIVED_ONLY : { ...RECEIVED_ONLY, keepOpen: true }),
    {},
    async ({ service, harness, producer, clock }) => {
      producer.fragment();
      producer.complete();
      harness.uploader.start();
      const drained = harness.uploader.drain(STOP_TIMEOUT_MS);
      await clock.run(20_000, () => service.sessions[1]?.fragments[0]?.isWhole === true);
      await clock.run(40_000, undefined, 1000);
      const late = service.sessions[1]?.fragments[0] ?? assert.fail('no second session');
      service.sessions[1]?.send(ackLine('PERSISTED', late.timecode));
      await clock.run(5_000, () => harness.source.size === 0);
      await drained;
      assert.equal(service.sessions.length, 2);
    },
  );
});

test('where only some fragments are never persisted, these alone come again, a few times in ten minutes', async () => {
  const isLost = (timecode: bigint): boolean => (timecode / 120n) % 2n === 1n;
  await withRig(
    () => ({
      ackText: (type, { timecode }) =>
        type === 'PERSISTED' && isLost(timecode) ? [] : [ackLine(type, timecode)],
      // Each connection is ended by the service before later fragments can make up for a missing one.
      endAfter: 6,
    }),
    {},
    async ({ service, harness, producer, clock }) => {
      harness.uploader.start();
      for (let second = 0; second < 120; second++) {
        producer.fragment();
        await clock.run(1000, undefined, 250);
      }
      // The service may have ended the connection that the last ones were on.
      await clock.run(10_000, () => sendings(service).size >= 119, 250);
      const counts = sendings(service);
      assert.ok(counts.size >= 119, `${counts.size} of 120 fragments came`);
      const total = sum(counts.values());
      assert.ok(total <= 480, `${total} for 120 fragments`);
    },
  );
});

test('retention 0: what is received is settled, and nothing is reported or sent again', async () => {
  await withRig(
    () => RECEIVED_ONLY,
    {},
    async ({ service, harness, producer, clock }) => {
      harness.controlPlane.retentionHours = 0;
      harness.uploader.start();
      for (let second = 0; second < 60; second++) {
        producer.fragment();
        await clock.run(1000, undefined, 500);
      }
      assert.deepEqual(harness.heard.errors, []);
      assert.equal(Math.max(...sendings(service).values()), 1);
    },
  );
});

test('after the process was stopped, what has arrived meanwhile counts before anything is overdue', async () => {
  await withRig(
    () => ({ acks: [] }),
    { connectionStalenessMs: 5_000 },
    async ({ service, harness, producer, clock }) => {
      producer.fragments(3);
      harness.uploader.start();
      await clock.run(2_000, () => service.sessions[0]?.fragments[1]?.isWhole === true);
      const session = service.sessions[0] ?? assert.fail('no session');
      // The acknowledgements are in the socket when the timers find a minute gone.
      for (const { timecode } of session.fragments) {
        session.send(['BUFFERING', 'PERSISTED'].map((type) => ackLine(type, timecode)).join(''));
      }
      clock.jump(60_000);
      await clock.run(1_500);
      assert.deepEqual(harness.heard.stale, []);
      assert.equal(service.sessions.length, 1);
    },
  );
});
