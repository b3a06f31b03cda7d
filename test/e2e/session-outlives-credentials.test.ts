import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createAwsAccess } from '../../src/aws/aws-access.ts';
import type { RefreshFailure } from '../../src/aws/credentials/credential-settings.ts';
import type { KvsError } from '../../src/errors/kvs-error.ts';
import { createUploader } from '../../src/putmedia/uploader/uploader.ts';
import type { FragmentAck } from '../../src/putmedia/uploader-api.ts';
import type { Clock } from '../../src/runtime/clock.ts';
import { silentLogger } from '../../src/runtime/logger.ts';
import { startService } from '../local/support/service.ts';
import { DEFAULT_SETTINGS, waitFor } from '../putmedia/support/harness.ts';
import { TestProducer } from '../putmedia/support/media.ts';
import { MemorySource } from '../putmedia/support/memory-source.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { LIFETIME_MS, startIot, WatchedKeys } from './support/iot-endpoint.ts';

const FRAGMENT_MS = 2_000;
/** Frame of a fragment: one is enough. */
const FRAMES = 1;

/** A camera with an IoT certificate that streams into the local service; its clock may be wrong. */
async function startCamera(t: TestContext, options: { clockIsAheadMs?: number } = {}) {
  const clock = new ManualClock('2026-11-21T12:00:00Z');
  const aheadMs = options.clockIsAheadMs ?? 0;
  const ownClock: Clock = {
    nowMs: () => clock.nowMs() + aheadMs,
    monotonicMs: () => clock.monotonicMs(),
    after: (delayMs, callback) => clock.after(delayMs, callback),
  };
  const keys = new WatchedKeys(clock);
  const iot = await startIot(keys, clock);
  const service = await startService(t, { clock, credentials: keys });
  const failures: RefreshFailure[] = [];
  const access = await createAwsAccess({
    credentials: { iotCertificate: iot.certificate },
    streamName: 'cam',
    endpoint: service.url,
    connectTimeoutMs: 60_000,
    completionTimeoutMs: 60_000,
    env: {},
    clock: ownClock,
    random: () => 0.5,
    log: silentLogger,
    onRefreshFailed: (failure) => void failures.push(failure),
  });
  const source = new MemorySource();
  const producer = new TestProducer(source, { firstTimecode: BigInt(clock.nowMs()) });
  const persisted: number[] = [];
  const sessions = new Set<number>();
  const errors: KvsError[] = [];
  const uploader = createUploader(
    {
      ...DEFAULT_SETTINGS,
      streamName: 'cam',
      connectTimeoutMs: 60_000,
      completionTimeoutMs: 60_000,
      userAgent: access.userAgent,
    },
    {
      source,
      controlPlane: access.controlPlane,
      credentials: access.credentials,
      region: access.region,
      agentFor: access.agents.agentFor,
      clock: ownClock,
      random: () => 0.5,
      log: silentLogger,
      events: {
        ready: () => {},
        connection: () => {},
        stale: () => true,
        ack: (ack: FragmentAck, fragment, session) => {
          if (ack.type === 'PERSISTED' && fragment !== undefined) {
            persisted.push(fragment.index);
            sessions.add(session);
          }
        },
        error: (error) => void errors.push(error),
      },
    },
  );
  t.after(async () => {
    uploader.close();
    access.close();
    await iot.close();
  });
  uploader.start();
  let fragments = 0;
  return {
    iot: iot.state,
    keys,
    access,
    uploader,
    producer,
    persisted,
    sessions,
    errors,
    failures,
    /** Lets the camera's time pass; it stands still while the network is at work. */
    async stream(ms: number): Promise<void> {
      for (let passedMs = 0; passedMs < ms; passedMs += FRAGMENT_MS) {
        producer.fragment(FRAMES, FRAGMENT_MS);
        fragments += 1;
        // A fragment ends when the next one begins.
        await waitFor(
          () => persisted.length >= fragments - 1,
          `fragment ${fragments - 1} is persisted (${errors.map((error) => error.describe())})`,
        );
        await clock.advance(FRAGMENT_MS);
      }
    },
    async end(): Promise<number[]> {
      producer.complete();
      await uploader.drain(60_000);
      return Array.from({ length: fragments }, (_, index) => index);
    },
  };
}

test('a stream outlives its credentials many times over without a gap or a refusal', async (t) => {
  const camera = await startCamera(t);
  await camera.stream(4 * LIFETIME_MS);
  assert.deepEqual(await camera.end(), camera.persisted);
  assert.deepEqual(camera.errors, []);
  assert.ok(camera.iot.issued >= 4, `${camera.iot.issued} credentials`);
  assert.ok(camera.sessions.size >= 4, `${camera.sessions.size} sessions`);
  // Never opened with credentials that were about to end.
  assert.ok(Math.min(...camera.keys.leftS) >= 30, `${camera.keys.leftS}`);
});

test('a provider that fails for minutes is reported, and the stream continues as long as possible', async (t) => {
  const camera = await startCamera(t);
  await camera.stream(60_000);
  camera.iot.isDown = true;
  await camera.stream(LIFETIME_MS - 120_000);
  camera.iot.isDown = false;
  await camera.stream(LIFETIME_MS);
  assert.deepEqual(await camera.end(), camera.persisted);
  assert.deepEqual(camera.errors, []);
  const [failure] = camera.failures;
  assert.equal(failure?.provider, 'iot:CameraRole');
  assert.match(failure?.error.message ?? '', /HTTP 503 try again/);
  assert.ok((failure?.validForMs ?? 0) > 0);
  assert.ok(camera.failures.length < 20, `${camera.failures.length} tries`);
});

for (const [which, clockIsAheadMs] of [
  ['two hours ahead', 7_200_000],
  ['a day behind', -86_400_000],
] as const) {
  test(`a camera whose clock is ${which} streams and rotates as one whose clock is right`, async (t) => {
    const camera = await startCamera(t, { clockIsAheadMs });
    await camera.stream(2 * LIFETIME_MS);
    assert.deepEqual(await camera.end(), camera.persisted);
    assert.deepEqual(camera.errors, []);
    assert.ok(camera.sessions.size >= 2 && camera.sessions.size <= 5, `${camera.sessions.size}`);
    assert.ok(Math.min(...camera.keys.leftS) >= 30, `${camera.keys.leftS}`);
  });
}
