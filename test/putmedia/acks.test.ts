import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { UploaderSettings } from '../../src/putmedia/uploader-api.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { Harness, waitFor } from './support/harness.ts';
import { TestProducer } from './support/media.ts';
import { ackLine, type Behaviour, PutMediaService } from './support/put-media-service.ts';

const PATIENT = { connectTimeoutMs: 600_000, completionTimeoutMs: 600_000 };

type Rig = {
  service: PutMediaService;
  harness: Harness;
  producer: TestProducer;
  clock: ManualClock;
};

async function rig(
  behave: (request: number) => Behaviour,
  settings: Partial<UploaderSettings>,
  run: (rig: Rig) => Promise<void>,
  prepare: (harness: Harness) => void = () => {},
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
  prepare(harness);
  const producer = new TestProducer(harness.source);
  await run({ service, harness, producer, clock });
  assert.deepEqual(service.problems, []);
}

function frames(count: number): number[] {
  return [...Array(count).keys()];
}

test('every acknowledgement is reported with its fragment and its session', async () => {
  await rig(
    () => ({}),
    {},
    async ({ harness, producer }) => {
      producer.fragments(2);
      harness.uploader.start();
      producer.complete();
      await harness.uploader.drain(10_000);
      assert.deepEqual(
        harness.heard.acks.map(({ ack, index, session }) => [ack.type, index, session]),
        [
          ['BUFFERING', 0, 0],
          ['RECEIVED', 0, 0],
          ['PERSISTED', 0, 0],
          ['BUFFERING', 1, 0],
          ['RECEIVED', 1, 0],
          ['PERSISTED', 1, 0],
        ],
      );
      const { bufferingAcks, receivedAcks, persistedAcks, errorAcks } = harness.uploader.counters;
      assert.deepEqual([bufferingAcks, receivedAcks, persistedAcks, errorAcks], [2, 2, 2, 0]);
    },
  );
});

const ORDERS: readonly [string, (type: string, timecode: bigint) => readonly string[]][] = [
  [
    'PERSISTED before RECEIVED',
    (type, code) =>
      type === 'RECEIVED'
        ? [ackLine('PERSISTED', code)]
        : type === 'PERSISTED'
          ? [ackLine('RECEIVED', code)]
          : [ackLine(type, code)],
  ],
  [
    'RECEIVED before BUFFERING',
    (type, code) =>
      type === 'BUFFERING'
        ? [ackLine('RECEIVED', code)]
        : type === 'RECEIVED'
          ? [ackLine('BUFFERING', code)]
          : [ackLine(type, code)],
  ],
  [
    'PERSISTED alone, while the fragment is still being sent',
    (type, code) => (type === 'BUFFERING' ? [ackLine('PERSISTED', code)] : []),
  ],
  ['each three times', (type, code) => Array(3).fill(ackLine(type, code))],
  ['byte by byte', (type, code) => [...ackLine(type, code)]],
  [
    'with idle ones and nonsense between them',
    (type, code) => ['{"EventType":"IDLE"}\r\n', 'nonsense {"x"\r\n', ackLine(type, code)],
  ],
  ['with decimals', (type, code) => [ackLine(type, code).replace(`${code},`, `${code}.0001,`)]],
  ['wrapped', (type, code) => [`{"Acknowledgement":${ackLine(type, code).trim()}}\n`]],
];

for (const [what, ackText] of ORDERS) {
  test(`acknowledgements ${what}: everything is settled once`, async () => {
    await rig(
      () => ({ ackText: (type, { timecode }) => ackText(type, timecode) }),
      {},
      async ({ harness, producer, service }) => {
        harness.uploader.start();
        for (let fragment = 0; fragment < 5; fragment++) {
          producer.begin();
          producer.frame();
          await waitFor(() => service.sessions[0]?.fragments.length === fragment + 1, 'it arrives');
          producer.frame();
        }
        producer.complete();
        await harness.uploader.drain(10_000);
        assert.deepEqual(harness.source.settled, frames(5));
        assert.deepEqual(service.sessions.length, 1);
        await waitFor(() => service.persistedFrames.length === 10, 'the service has read it all');
        assert.deepEqual(service.persistedFrames, frames(10));
      },
    );
  });
}

test('acknowledgements in reverse order settle each fragment by itself', async () => {
  await rig(
    () => ({ acks: [] }),
    {},
    async ({ harness, producer, service }) => {
      producer.fragments(4);
      producer.complete(true);
      harness.uploader.start();
      await waitFor(() => service.sessions[0]?.fragments[3]?.isWhole === true, 'all has arrived');
      const session = service.sessions[0] ?? assert.fail();
      for (const { timecode } of session.fragments.toReversed()) {
        session.send(ackLine('PERSISTED', timecode));
      }
      await waitFor(() => harness.source.size === 0, 'all is settled');
      assert.deepEqual(harness.source.settled, [3, 2, 1, 0]);
    },
  );
});

test('a missing acknowledgement is made up for by later ones, after a while', async () => {
  await rig(
    () => ({
      ackText: (type, { timecode }) =>
        timecode === 1_795_000_000_120n ? [] : [ackLine(type, timecode)],
    }),
    {},
    async ({ harness, producer, clock, service }) => {
      producer.fragments(4);
      harness.uploader.start();
      assert.ok(await clock.run(2000, () => harness.source.settled.includes(2)));
      assert.deepEqual(harness.source.settled, [0, 2]);
      await clock.run(11_000, undefined, 1000);
      producer.fragments(2);
      assert.ok(await clock.run(2000, () => harness.source.settled.includes(1)));
      assert.equal(service.sessions.length, 1);
    },
  );
});

test('an acknowledgement for what was never sent is reported and changes nothing', async () => {
  await rig(
    () => ({ ackText: (type, { timecode }) => [ackLine(type, timecode + 1n)] }),
    {},
    async ({ harness, producer }) => {
      producer.fragments(2);
      harness.uploader.start();
      await waitFor(() => harness.heard.errors.length >= 3, 'it is reported');
      assert.deepEqual(
        [...new Set(harness.errorCodes)],
        ['STATUS_ACK_TIMESTAMP_NOT_IN_VIEW_WINDOW'],
      );
      assert.equal(harness.source.size, 2);
      assert.equal(harness.uploader.counters.persistedAcks, 0);
    },
  );
});

test('an acknowledgement for timecode 0', async () => {
  await using service = new PutMediaService();
  await service.listen();
  using harness = new Harness({ endpoint: service.endpoint });
  const producer = new TestProducer(harness.source, { firstTimecode: 0n });
  producer.fragment();
  producer.complete();
  harness.uploader.start();
  await harness.uploader.drain(10_000);
  assert.deepEqual(harness.source.settled, [0]);
});

test('retention 0: RECEIVED settles; the stream’s retention counts, not the caller’s', async () => {
  await rig(
    () => ({ acks: ['BUFFERING', 'RECEIVED'] }),
    { retentionHours: 2 },
    async ({ harness, producer }) => {
      producer.fragments(3);
      producer.complete();
      harness.uploader.start();
      await harness.uploader.drain(10_000);
      assert.deepEqual(harness.source.settled, [0, 1, 2]);
    },
    (harness) => {
      harness.controlPlane.retentionHours = 0;
    },
  );
});

test('with retention, RECEIVED alone settles nothing', async () => {
  await rig(
    () => ({ acks: ['BUFFERING', 'RECEIVED'] }),
    {},
    async ({ harness, producer, clock }) => {
      producer.fragments(3);
      harness.uploader.start();
      await clock.run(3000, () => harness.heard.acks.length >= 5);
      assert.deepEqual(harness.source.settled, []);
    },
  );
});

test('without acknowledgements the replay duration is kept, and sent again after a loss', async () => {
  await rig(
    (request) => (request === 0 ? { resetAt: 9 } : {}),
    { fragmentAcks: false, replayDurationMs: 240 },
    async ({ harness, producer, service, clock }) => {
      producer.fragments(9);
      harness.uploader.start();
      assert.ok(await clock.run(3000, () => harness.source.settled.length >= 6));
      assert.deepEqual(harness.source.settled, frames(harness.source.settled.length));
      producer.fragments(2);
      assert.ok(await clock.run(10_000, () => service.sessions.length === 2));
      producer.complete();
      const drained = harness.uploader.drain(60_000);
      await clock.run(20_000, () => harness.source.size === 0);
      await drained;
      assert.equal(service.sessions[0]?.headers['x-amzn-fragment-acknowledgment-required'], '0');
      const again = service.sessions[1]?.fragments[0]?.frames[0] ?? assert.fail();
      assert.ok(again <= 33 - 6, `starts again at frame ${again}`);
      assert.equal(
        new Set(service.sessions.flatMap((s) => s.fragments.flatMap((f) => f.frames))).size,
        33,
      );
    },
  );
});

test('upstream’s fault: acknowledgements held for 20 s do no harm', async () => {
  await rig(
    () => ({ acks: [] }),
    {},
    async ({ harness, producer, clock, service }) => {
      producer.fragments(10);
      harness.uploader.start();
      await clock.run(20_000, undefined, 500);
      const session = service.sessions[0] ?? assert.fail();
      for (const { timecode } of session.fragments) {
        session.send(
          ['BUFFERING', 'RECEIVED', 'PERSISTED'].map((t) => ackLine(t, timecode)).join(''),
        );
      }
      await waitFor(() => harness.source.size === 1, 'all but the open fragment are settled');
      assert.equal(service.sessions.length, 1);
      assert.deepEqual(harness.heard.errors, []);
    },
  );
});

test('a connection without acknowledgements is stale: reported and reset, each time, after a quiet period', async () => {
  await rig(
    () => ({ acks: [] }),
    { connectionStalenessMs: 5_000 },
    async ({ harness, producer, clock, service }) => {
      harness.uploader.start();
      for (let second = 0; second < 100; second++) {
        producer.fragment();
        await clock.run(1000, undefined, 500);
      }
      assert.ok(harness.heard.stale.length >= 3, `${harness.heard.stale.length} times`);
      assert.ok(harness.heard.stale.length <= 4);
      assert.ok((harness.heard.stale[0] ?? 0) >= 5_000);
      assert.equal(harness.uploader.counters.staleEvents, harness.heard.stale.length);
      const told = harness.errorCodes.filter(
        (code) => code === 'STATUS_SERVICE_CALL_TIMEOUT_ERROR',
      );
      assert.equal(told.length, harness.heard.stale.length, 'each in a warning');
      assert.equal(service.sessions[1]?.fragments[0]?.frames[0], 0, 'all is sent again');
      assert.equal(harness.source.pinned, 1);
    },
  );
});

test('a stale connection that the application handles is left alone, and reported again', async () => {
  await rig(
    () => ({ acks: [] }),
    { connectionStalenessMs: 5_000 },
    async ({ harness, producer, clock, service }) => {
      harness.resetsStale = false;
      harness.uploader.start();
      for (let second = 0; second < 50; second++) {
        producer.fragment();
        await clock.run(1000, undefined, 500);
      }
      assert.equal(harness.heard.stale.length, 2);
      assert.equal(service.sessions.length, 1);
    },
  );
});

test('received and never persisted is noticed while streaming and reported, and everything is sent again elsewhere', async () => {
  await rig(
    (request) => (request === 0 ? { acks: ['BUFFERING', 'RECEIVED'] } : {}),
    { connectionStalenessMs: 5_000 },
    async ({ harness, producer, clock, service }) => {
      harness.uploader.start();
      for (let second = 0; second < 40 && harness.heard.stale.length === 0; second++) {
        assert.equal(service.sessions.length <= 1, true, 'not before');
        producer.fragment();
        await clock.run(1000, undefined, 500);
      }
      assert.deepEqual(harness.heard.staleReasons, ['STATUS_PERSISTED_ACK_TIMEOUT']);
      assert.ok((harness.heard.stale[0] ?? 0) >= 30_000, 'persisting may take a while');
      producer.fragments(3);
      await clock.run(5_000, () => harness.source.size === 1);
      assert.equal(harness.source.size, 1);
      const again = service.sessions[1]?.fragments ?? [];
      assert.deepEqual(
        again.map(({ frames: [first] }) => first),
        [0],
        'the oldest alone, to see whether it is persisted',
      );
      const persisted = service.persistedFrames.toSorted((a, b) => a - b);
      assert.deepEqual(persisted, frames(persisted.length), 'then the others: the buffer was kept');
      assert.equal(harness.heard.staleReasons.length, 1);
    },
  );
});

test('a service that is slow to persist, but does, is not stale', async () => {
  await rig(
    () => ({ acks: ['BUFFERING', 'RECEIVED'] }),
    { connectionStalenessMs: 5_000 },
    async ({ harness, producer, clock, service }) => {
      harness.uploader.start();
      let persisted = 0;
      for (let second = 0; second < 100; second++) {
        producer.fragment();
        await clock.run(1000, undefined, 500);
        const session = service.sessions[0];
        const late = session?.fragments[persisted];
        // It falls behind, until each fragment waits for a minute, but goes on.
        if (second >= 20 && second % 2 === 0 && late !== undefined) {
          session?.send(ackLine('PERSISTED', late.timecode));
          persisted += 1;
        }
      }
      assert.deepEqual(harness.heard.stale, []);
      assert.equal(service.sessions.length, 1);
    },
  );
});

test('an idle producer’s connection is not stale', async () => {
  await rig(
    () => ({}),
    { connectionStalenessMs: 5_000 },
    async ({ harness, producer, clock }) => {
      producer.fragment();
      harness.uploader.start();
      await clock.run(60_000, undefined, 1000);
      assert.deepEqual(harness.heard.stale, []);
    },
  );
});
