import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClockSkew } from '../../src/aws/signing/clock-skew.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { Harness, serviceFailure } from './support/harness.ts';
import { TestProducer } from './support/media.ts';
import { PutMediaService } from './support/put-media-service.ts';

const IN_2026_MS = 1_795_000_000_000;
const NOWHERE = 'http://localhost:9';

/** A machine that starts in 1970, and may have its clock set. */
class UnsetClock extends ManualClock {
  wrongByMs = -IN_2026_MS;

  constructor() {
    super(IN_2026_MS);
  }

  override nowMs(): number {
    return super.nowMs() + this.wrongByMs;
  }

  get trueMs(): number {
    return super.nowMs();
  }
}

function machine(endpoint: string, waitsForClock: boolean) {
  const clock = new UnsetClock();
  const clockSkew = new ClockSkew(clock);
  const settings = { waitsForClock };
  const harness = new Harness({ endpoint, clock, clockSkew, random: () => 0.5, settings });
  return { clock, clockSkew, harness };
}

function isReady(harness: Harness) {
  return () => harness.heard.ready.length > 0;
}
function hasFailed(harness: Harness): boolean {
  return harness.heard.errors.some(({ fatal }) => fatal);
}

test('in 1970, and no answer gives the time: nothing is sent before the clock is set, and this is reported', async () => {
  const { clock, harness } = machine(NOWHERE, true);
  using _ = harness;
  harness.uploader.start();
  assert.equal(await clock.run(120_000, isReady(harness), 1000), false);
  assert.match(harness.heard.errors[0]?.error.message ?? '', /clock shows 1970-01-01/);
  assert.equal(hasFailed(harness), false);
  assert.ok(!harness.refreshes.includes(true), 'fresh credentials would not help');
  clock.wrongByMs = 0;
  harness.uploader.retryNow();
  assert.ok(await clock.run(0, isReady(harness)), 'at once');
});

test('frames with times of their own do not wait for the clock', async () => {
  const { clock, harness } = machine(NOWHERE, false);
  using _ = harness;
  harness.uploader.start();
  assert.ok(await clock.run(1_000, isReady(harness)));
});

test('in 1970: no refusal ends the stream, for the clock may be its reason', async () => {
  const { clock, harness } = machine(NOWHERE, true);
  using _ = harness;
  harness.controlPlane.always = { describe: serviceFailure('invalid-credentials', 403) };
  harness.uploader.start();
  await clock.run(60_000, undefined, 1000);
  assert.equal(hasFailed(harness), false);
  assert.ok(harness.controlPlane.calls.describe > 3);
  clock.wrongByMs = 0;
  await clock.run(60_000, () => hasFailed(harness), 1000);
  assert.equal(hasFailed(harness), true, 'with the right clock they are wrong credentials');
});

test('signatures that are refused for their time do not end a stream, however often', async () => {
  const { clock, harness } = machine(NOWHERE, true);
  using _ = harness;
  clock.wrongByMs = -86_400_000;
  harness.controlPlane.always = { describe: serviceFailure('clock-skew', 403) };
  harness.uploader.start();
  await clock.run(60_000, undefined, 1000);
  assert.equal(hasFailed(harness), false);
  assert.ok(!harness.refreshes.includes(true), 'fresh credentials would not help');
});

test("PutMedia is signed, and says when the stream began, at the service's time", async () => {
  await using service = new PutMediaService();
  await service.listen();
  const { clock, clockSkew, harness } = machine(service.endpoint, true);
  using _ = harness;
  clockSkew.observe(new Date(clock.trueMs).toUTCString());
  harness.uploader.start();
  new TestProducer(harness.source).fragments(1);
  assert.ok(await clock.run(5_000, () => service.sessions.length > 0));
  const headers = service.sessions[0]?.headers ?? {};
  const startMs = Number(headers['x-amzn-producer-start-timestamp']) * 1000;
  assert.ok(Math.abs(startMs - clock.trueMs) < 10_000, `begun at ${startMs}`);
  const signed = String(headers['x-amz-date']).slice(0, 8);
  assert.equal(signed, new Date(clock.trueMs).toISOString().slice(0, 10).replaceAll('-', ''));
});
