import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { UploaderSettings } from '../../src/putmedia/uploader-api.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { Harness, serviceFailure, waitFor } from './support/harness.ts';
import { TestProducer } from './support/media.ts';
import { ackLine, type Behaviour, PutMediaService } from './support/put-media-service.ts';

const MINUTE_MS = 60_000;
function frames(count: number): number[] {
  return [...Array(count).keys()];
}
function unique(numbers: number[]): number[] {
  return [...new Set(numbers)].toSorted((a, b) => a - b);
}

type Rig = {
  readonly service: PutMediaService;
  readonly harness: Harness;
  readonly producer: TestProducer;
  readonly clock: ManualClock;
};

/** A stream that is two whole fragments and an open one long, just before its first rotation. */
async function rotating(
  behave: (request: number) => Behaviour,
  run: (rig: Rig) => Promise<void>,
  settings: Partial<UploaderSettings> = {},
): Promise<void> {
  await using service = new PutMediaService();
  await service.listen();
  service.behave = behave;
  const clock = new ManualClock();
  using harness = new Harness({
    endpoint: service.endpoint,
    clock,
    random: () => 0,
    settings: {
      connectTimeoutMs: 600_000,
      completionTimeoutMs: 600_000,
      connectionStalenessMs: 0,
      maxSessionMs: 4 * MINUTE_MS,
      ...settings,
    },
  });
  const producer = new TestProducer(harness.source);
  harness.uploader.start();
  producer.fragments(3);
  await waitFor(() => service.sessions[0]?.fragments[2]?.frames.length === 3, 'three arrive');
  // A frame now and then: idle connections are closed.
  for (let passed = 0; passed < 15; passed++) {
    await clock.run(16_000 - 100, undefined, 4_000);
    producer.frame();
  }
  await run({ service, harness, producer, clock });
  assert.deepEqual(service.problems, []);
}

async function drain({ harness, producer, clock }: Rig): Promise<void> {
  producer.complete();
  const drained = harness.uploader.drain(10 * MINUTE_MS);
  await clock.run(5 * MINUTE_MS, () => harness.source.size === 0, 500);
  await drained;
  assert.equal(harness.source.pinned, 0);
}

function framesOf({ service }: Rig): number[][] {
  return service.sessions.map(({ fragments }) => fragments.flatMap((fragment) => fragment.frames));
}

test('a new session takes over at a fragment boundary: no gap, no duplicate, no break', async () => {
  await rotating(
    () => ({}),
    async (rig) => {
      const { service, harness, producer, clock } = rig;
      assert.ok(await clock.run(10_000, () => service.sessions.length === 2));
      assert.equal(service.sessions[0]?.closed, false, 'the old one still sends its fragment');
      producer.frame();
      await waitFor(
        () => service.sessions[0]?.fragments[2]?.frames.at(-1) === producer.frames - 1,
        'the open fragment goes on in the old session',
      );
      producer.fragments(3);
      await drain(rig);
      const [old, fresh, ...more] = framesOf(rig);
      assert.deepEqual(more, []);
      assert.deepEqual([...(old ?? []), ...(fresh ?? [])], frames(producer.frames));
      assert.equal(service.sessions[0]?.endedWithEofr, true);
      assert.equal(fresh?.length, 9);
      assert.deepEqual(harness.heard.errors, []);
      assert.equal(harness.uploader.counters.reconnects, 0);
      assert.deepEqual(
        harness.heard.connections.map(({ kind }) => kind),
        ['connecting', 'streaming', 'streaming', 'idle'],
      );
    },
  );
});

test('the old session waits for its last acknowledgement while the new one streams', async () => {
  await rotating(
    (request) => (request === 0 ? { acks: ['BUFFERING'], keepOpen: true } : {}),
    async (rig) => {
      const { service, harness, producer, clock } = rig;
      await clock.run(10_000, () => service.sessions.length === 2);
      producer.fragments(3);
      await waitFor(() => harness.source.settled.length === 2, 'the new one settles its own');
      assert.deepEqual(harness.source.settled, [3, 4]);
      const old = service.sessions[0] ?? assert.fail();
      assert.equal(old.bodyEnded, true);
      await clock.run(20_000, undefined, 1000);
      producer.frame();
      assert.equal(old.closed, false);
      for (const { timecode } of old.fragments.toReversed()) {
        old.send(ackLine('PERSISTED', timecode));
        producer.frame();
      }
      await waitFor(() => old.closed, 'the old session is closed');
      await drain(rig);
      assert.deepEqual(harness.source.settled, [3, 4, 2, 1, 0, 5]);
      assert.equal(service.sessions.length, 2);
      assert.deepEqual(harness.heard.errors, []);
    },
  );
});

test('two sessions’ acknowledgements, interleaved byte by byte, are kept apart', async () => {
  await rotating(
    () => ({ acks: [], keepOpen: true }),
    async (rig) => {
      const { service, harness, producer, clock } = rig;
      await clock.run(10_000, () => service.sessions.length === 2);
      producer.fragments(4);
      await waitFor(() => service.sessions[1]?.fragments[2]?.isWhole === true, 'all arrives');
      const [old, fresh] = service.sessions;
      const text = (fragments: readonly { timecode: bigint }[] = []): string =>
        fragments
          .flatMap(({ timecode }) =>
            ['BUFFERING', 'RECEIVED', 'PERSISTED'].map((t) => ackLine(t, timecode)),
          )
          .join('');
      const [one, two] = [text(old?.fragments), text(fresh?.fragments.slice(0, 3))];
      for (let at = 0; at < Math.max(one.length, two.length); at++) {
        old?.send(one.slice(at, at + 1));
        fresh?.send(two.slice(at, at + 1));
      }
      await waitFor(() => harness.source.size === 1, 'all but the open fragment are settled');
      assert.deepEqual(harness.heard.errors, []);
      const wrong = harness.heard.acks.filter(
        ({ index, session }) => session !== ((index ?? -1) < 3 ? 0 : 1),
      );
      assert.deepEqual(wrong, []);
    },
  );
});

test('a new session that is refused loses nothing: the old one sends on until one is good', async () => {
  await rotating(
    (request) => (request === 1 || request === 2 ? { status: 500 } : {}),
    async (rig) => {
      const { service, producer, clock } = rig;
      for (let round = 0; round < 20; round++) {
        producer.fragment();
        await clock.run(1000);
      }
      assert.ok(service.sessions.length >= 4, `${service.sessions.length} sessions`);
      await drain(rig);
      assert.deepEqual(unique(service.persistedFrames), frames(producer.frames));
    },
  );
});

test('new sessions that the service ends before anything was sent lose nothing and are no hot loop', async () => {
  await rotating(
    (request) => (request === 0 || request > 4 ? {} : { status: 200, body: '' }),
    async (rig) => {
      const { service, producer, clock } = rig;
      await clock.run(10_000, () => service.sessions.length === 2);
      for (let second = 0; second < 10; second++) {
        producer.fragment();
        await clock.run(1000);
      }
      assert.ok(service.sessions.length <= 6, `${service.sessions.length} sessions in 10 s`);
      await clock.run(30_000, () => service.sessions.length === 6);
      await drain(rig);
      assert.deepEqual(unique(service.persistedFrames), frames(producer.frames));
    },
  );
});

test('a new session that cannot connect is tried again and again beside the old one', async () => {
  await rotating(
    () => ({}),
    async (rig) => {
      const { service, harness, producer, clock } = rig;
      service.stopListening();
      for (let round = 0; round < 20; round++) {
        producer.fragment();
        await clock.run(1000);
      }
      assert.ok(harness.heard.errors.length >= 3, `${harness.heard.errors.length} tries`);
      assert.ok(harness.heard.errors.length <= 25);
      assert.equal(service.sessions.length, 1);
      await using again = new PutMediaService();
      await again.listen(service.port);
      await clock.run(11_000, () => again.sessions.length === 1);
      producer.fragments(3);
      await drain(rig);
      const all = [...service.persistedFrames, ...again.persistedFrames];
      assert.deepEqual(all, frames(producer.frames));
    },
  );
});

test('a new session that is lost after it took over: its fragments come again, the old one’s do not', async () => {
  await rotating(
    (request) => (request === 1 ? { resetAt: 1 } : {}),
    async (rig) => {
      const { service, producer, clock } = rig;
      await clock.run(10_000, () => service.sessions.length === 2);
      producer.fragments(4);
      await drain(rig);
      assert.deepEqual(unique(service.persistedFrames), frames(producer.frames));
      const [old, , third] = framesOf(rig);
      assert.equal(service.sessions.length, 3);
      assert.equal(third?.[0], (old?.at(-1) ?? 0) + 1);
    },
  );
});

test('an old session that is lost after the take-over: its fragments are sent again beside the new one', async () => {
  await rotating(
    (request) => (request === 0 ? { acks: ['BUFFERING'], keepOpen: true } : {}),
    async (rig) => {
      const { service, harness, producer, clock } = rig;
      await clock.run(10_000, () => service.sessions.length === 2);
      producer.fragments(2);
      await waitFor(() => harness.source.settled.length === 1, 'the new session streams');
      const open = producer.frames;
      service.sessions[0]?.socket.resetAndDestroy();
      assert.ok(await clock.run(10_000, () => service.sessions.length === 3));
      producer.fragments(2);
      await drain(rig);
      const [old, fresh, catchUp, ...more] = framesOf(rig);
      assert.deepEqual(more, []);
      assert.deepEqual(catchUp, old, 'exactly what the old one had');
      assert.deepEqual([...(catchUp ?? []), ...(fresh ?? [])], frames(producer.frames));
      assert.ok((fresh?.length ?? 0) > 0 && open > 0);
      assert.equal(service.sessions[1]?.closed, true);
    },
  );
});

test('both sessions lost at once: everything unacknowledged comes again, in order', async () => {
  await rotating(
    (request) => (request < 2 ? { acks: ['BUFFERING'], keepOpen: true } : {}),
    async (rig) => {
      const { service, producer, clock } = rig;
      await clock.run(10_000, () => service.sessions.length === 2);
      producer.fragments(2);
      await waitFor(() => service.sessions[1]?.fragments.length === 2, 'both have fragments');
      for (const { socket } of service.sessions) socket.resetAndDestroy();
      await clock.run(10_000, () => service.sessions.length === 3);
      await drain(rig);
      assert.deepEqual(framesOf(rig)[2], frames(producer.frames));
      assert.equal(service.sessions.length, 3);
    },
  );
});

test('a control plane that is slow or fails during a rotation does not touch the stream', async () => {
  await rotating(
    () => ({}),
    async (rig) => {
      const { service, harness, producer, clock } = rig;
      harness.controlPlane.always = { endpoint: serviceFailure('timeout') };
      // The cached endpoint is over: it has to be asked for.
      for (let minute = 0; minute < 45; minute++) {
        producer.fragment();
        await clock.run(20_000, undefined, 10_000);
        producer.fragment();
        await clock.run(20_000, undefined, 10_000);
        producer.fragment();
        await clock.run(20_000, undefined, 10_000);
      }
      assert.ok(harness.heard.errors.length > 0);
      assert.equal(
        harness.heard.errors.some(({ fatal }) => fatal),
        false,
      );
      harness.controlPlane.always = {};
      for (let round = 0; round < 10; round++) {
        producer.fragment();
        await clock.run(10_000, undefined, 5_000);
      }
      await drain(rig);
      assert.deepEqual(
        service.persistedFrames.toSorted((a, b) => a - b),
        frames(producer.frames),
      );
    },
  );
});

test('5.3: a rotation before the credentials run out takes fresh ones', async () => {
  await using service = new PutMediaService();
  await service.listen();
  const clock = new ManualClock();
  let given = 0;
  using harness = new Harness({
    endpoint: service.endpoint,
    clock,
    random: () => 0,
    settings: { connectTimeoutMs: 600_000, completionTimeoutMs: 600_000 },
    credentials: {
      name: 'test',
      get: async () => {
        given += 1;
        const expiration = new Date(clock.nowMs() + 15 * MINUTE_MS);
        return { accessKeyId: `KEY${given}`, secretAccessKey: 's', sessionToken: 't', expiration };
      },
    },
  });
  const producer = new TestProducer(harness.source);
  harness.uploader.start();
  for (let half = 0; half < 62; half++) {
    producer.fragment();
    await clock.run(15_000, undefined, 5_000);
    // Real acknowledgements must not fall behind a time that passes faster.
    await waitFor(() => harness.source.size <= 1, 'all but the open fragment are settled');
  }
  const keys = service.sessions.map(
    ({ headers }) => /Credential=(\w+)\//.exec(headers.authorization ?? '')?.[1],
  );
  assert.deepEqual(keys, ['KEY1', 'KEY2']);
  producer.complete();
  await harness.uploader.drain(10_000);
  assert.deepEqual(service.persistedFrames, frames(producer.frames));
});

test('many rotations in a row lose and repeat nothing', async () => {
  await rotating(
    () => ({}),
    async (rig) => {
      const { service, producer, clock } = rig;
      for (let round = 0; round < 100; round++) {
        producer.fragment();
        await clock.run(10_000, undefined, 5_000);
      }
      await drain(rig);
      assert.ok(service.sessions.length >= 16, `${service.sessions.length} sessions`);
      assert.deepEqual(service.persistedFrames, frames(producer.frames));
    },
    { maxSessionMs: MINUTE_MS },
  );
});
