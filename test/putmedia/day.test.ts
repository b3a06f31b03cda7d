import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../support/manual-clock.ts';
import { Harness, waitFor } from './support/harness.ts';
import { TestProducer } from './support/media.ts';
import { PutMediaService } from './support/put-media-service.ts';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const FRAGMENT_MS = 10 * SECOND_MS;
const FRAMES = 2;
/** The service is away for so long, once an hour; one more time it is a quarter of an hour. */
const OUTAGE_MS = 100 * SECOND_MS;

/**
 * A day in seconds, over real sockets. The clock moves by a fragment at a time, and only when what
 * the last step began has happened: no step depends on how fast this machine is.
 */
test('a day with a rotation every 40 minutes, credentials for an hour and an outage each hour loses nothing', async () => {
  const clock = new ManualClock();
  let service = new PutMediaService();
  await service.listen();
  const { port, endpoint } = service;
  const services = [service];
  let refreshes = 0;
  const until = { atMs: 0 };
  using harness = new Harness({
    endpoint,
    clock,
    settings: { connectTimeoutMs: HOUR_MS, completionTimeoutMs: HOUR_MS },
    credentials: {
      name: 'test',
      get: async ({ forceRefresh = false } = {}) => {
        if (forceRefresh || clock.nowMs() > until.atMs - 5 * MINUTE_MS) {
          refreshes += 1;
          until.atMs = clock.nowMs() + HOUR_MS;
        }
        const expiration = new Date(until.atMs);
        return { accessKeyId: `KEY${refreshes}`, secretAccessKey: 'secret', expiration };
      },
    },
  });
  const producer = new TestProducer(harness.source);
  harness.uploader.start();
  let isUp = true;
  let hasSession = false;
  let outages = 0;
  for (let atMs = 0; atMs < 24 * HOUR_MS; atMs += FRAGMENT_MS) {
    const isAway = atMs % HOUR_MS >= 50 * MINUTE_MS && atMs % HOUR_MS < 50 * MINUTE_MS + OUTAGE_MS;
    if (isAway && isUp) {
      isUp = false;
      hasSession = false;
      outages += 1;
      const lost = harness.heard.errors.length;
      await service.kill();
      await waitFor(() => harness.heard.errors.length > lost, 'the outage is noticed');
    } else if (!isAway && !isUp) {
      isUp = true;
      service = new PutMediaService();
      services.push(service);
      await service.listen(port);
    }
    producer.fragment(FRAMES, FRAGMENT_MS / FRAMES);
    if (isUp) {
      // All but the open fragment. After an outage the back-off takes some of the fragment's time.
      const isSettled = () => harness.source.size === 1;
      let leftMs = FRAGMENT_MS;
      if (hasSession) {
        await waitFor(isSettled, `all is settled at hour ${atMs / HOUR_MS}`);
      } else {
        const beforeMs = clock.monotonicMs();
        hasSession = await clock.run(FRAGMENT_MS, isSettled, SECOND_MS);
        leftMs -= clock.monotonicMs() - beforeMs;
      }
      clock.pass(leftMs);
    } else {
      await clock.run(FRAGMENT_MS, undefined, SECOND_MS);
    }
  }
  producer.complete();
  await harness.uploader.drain(HOUR_MS);
  const persisted = services.flatMap(({ persistedFrames }) => persistedFrames);
  const all = [...new Set(persisted)].toSorted((a, b) => a - b);
  assert.deepEqual(all, [...Array(producer.frames).keys()]);
  assert.equal(producer.frames, (24 * HOUR_MS * FRAMES) / FRAGMENT_MS);
  assert.equal(outages, 24);
  const twice = persisted.length - producer.frames;
  assert.ok(twice <= outages * FRAMES, `${twice} frames came twice`);
  const sessions = services.reduce((sum, one) => sum + one.sessions.length, 0);
  assert.ok(sessions >= 24 + 24 && sessions < 24 * 4, `${sessions} sessions`);
  // Those that the service answered; an outage may fall between a request and its answer.
  const { totalSessions } = harness.uploader.counters;
  assert.ok(totalSessions <= sessions && totalSessions >= sessions - outages, `${totalSessions}`);
  assert.ok(refreshes >= 24, `${refreshes} credentials`);
  assert.equal(
    harness.heard.errors.some(({ fatal }) => fatal),
    false,
  );
  assert.equal(harness.source.pinned, 0);
  assert.deepEqual(
    services.flatMap(({ problems }) => problems),
    [],
  );
  await service.kill();
});
