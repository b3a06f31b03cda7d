// Fragments that are held because the service received them and persists nothing, together with what
// else happens to a stream meanwhile.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { UploaderSettings } from '../../src/putmedia/uploader-api.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { Harness } from './support/harness.ts';
import { makeFormat, TestProducer } from './support/media.ts';
import { type Behaviour, PutMediaService } from './support/put-media-service.ts';

const RECEIVED_ONLY: Behaviour = { acks: ['BUFFERING', 'RECEIVED'] };
const STOP_TIMEOUT_MS = 300_000;

type Rig = {
  readonly service: PutMediaService;
  readonly harness: Harness;
  readonly producer: TestProducer;
  readonly clock: ManualClock;
};

/** A service that persists nothing before it gets its `request`-th session, counted from 0. */
async function persistingFrom(
  request: number,
  settings: Partial<UploaderSettings>,
  run: (rig: Rig) => Promise<void>,
): Promise<void> {
  await using service = new PutMediaService();
  await service.listen();
  service.behave = (number) => (number < request ? RECEIVED_ONLY : {});
  const clock = new ManualClock();
  using harness = new Harness({
    endpoint: service.endpoint,
    clock,
    random: () => 0,
    settings: { connectTimeoutMs: 600_000, completionTimeoutMs: 600_000, ...settings },
  });
  const producer = new TestProducer(harness.source);
  harness.uploader.start();
  await run({ service, harness, producer, clock });
  assert.deepEqual(service.problems, []);
}

async function drain({ harness, producer, clock }: Rig): Promise<void> {
  producer.complete();
  const drained = harness.uploader.drain(STOP_TIMEOUT_MS);
  assert.ok(await clock.run(STOP_TIMEOUT_MS - 1_000, () => harness.source.size === 0, 250));
  await drained;
}

/** How often each frame was sent at most. */
function mostSendings({ service }: Rig): number {
  const counts = new Map<number, number>();
  for (const frame of service.sessions.flatMap(({ fragments }) =>
    fragments.flatMap(({ frames }) => frames),
  )) {
    counts.set(frame, (counts.get(frame) ?? 0) + 1);
  }
  return Math.max(...counts.values());
}

function assertAllPersisted({ service, producer }: Rig, from = 0): void {
  const persisted = [...new Set(service.persistedFrames)].toSorted((a, b) => a - b);
  const expected = [...Array(producer.frames).keys()].filter((frame) => frame >= from);
  assert.deepEqual(
    persisted.filter((frame) => frame >= from),
    expected,
  );
}

test('fragments of two formats are held, and each is sent again in a session of its own format', async () => {
  await persistingFrom(2, {}, async (rig) => {
    const { producer, clock, service } = rig;
    producer.fragments(5);
    await clock.run(2_000, () => service.sessions[0]?.fragments.at(-1)?.frames.length === 3);
    producer.format = makeFormat('another size');
    producer.fragments(5);
    await drain(rig);
    assertAllPersisted(rig);
    assert.ok(mostSendings(rig) <= 3, `${mostSendings(rig)} times`);
  });
});

test('what a rotated session leaves unpersisted is sent once more when the next one persists', async () => {
  await persistingFrom(1, { connectionStalenessMs: 0, maxSessionMs: 240_000 }, async (rig) => {
    const { producer, clock, service } = rig;
    for (let second = 0; second < 300; second++) {
      producer.fragment();
      await clock.run(1_000, undefined, 500);
    }
    assert.ok(service.sessions.length >= 2, 'it was rotated');
    await drain(rig);
    assertAllPersisted(rig);
    assert.equal(mostSendings(rig), 2);
  });
});

test('held fragments that have to make room are forgotten, and the others are persisted', async () => {
  await persistingFrom(3, {}, async (rig) => {
    const { harness, producer, clock, service } = rig;
    producer.fragments(12);
    producer.complete();
    const drained = harness.uploader.drain(STOP_TIMEOUT_MS);
    await clock.run(30_000, () => service.sessions.length >= 2, 250);
    for (let index = 0; index < 8; index++) harness.source.drop(index);
    assert.ok(await clock.run(STOP_TIMEOUT_MS - 60_000, () => harness.source.size === 0, 250));
    await drained;
    assertAllPersisted(rig, 8 * 3);
  });
});

test('without acknowledgements nothing is held: what was sent is settled, and sent once', async () => {
  await persistingFrom(Number.POSITIVE_INFINITY, { fragmentAcks: false }, async (rig) => {
    rig.producer.fragments(12);
    await drain(rig);
    assert.equal(mostSendings(rig), 1);
    assert.equal(rig.service.sessions.length, 1);
  });
});
