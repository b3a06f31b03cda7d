import assert from 'node:assert/strict';
import { Agent } from 'node:http';
import { test } from 'node:test';
import type { CredentialProvider } from '../../src/aws/signing/aws-credentials.ts';
import type { DroppedFragment } from '../../src/producer/events/events.ts';
import type { TrackInfo } from '../../src/producer/info/track-info.ts';
import { KinesisVideoProducer } from '../../src/producer/producer.ts';
import type { KinesisVideoStream } from '../../src/producer/stream.ts';
import { FakeControlPlane, waitFor } from '../putmedia/support/harness.ts';
import { PutMediaService } from '../putmedia/support/put-media-service.ts';
import { heapBytes } from '../storage/heap.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { noAccess } from './support/rig.ts';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
/** A fragment has a picture and a sound each second. */
const FRAGMENT_MS = 10 * SECOND_MS;
const FRAMES = FRAGMENT_MS / SECOND_MS;
const BUFFER_MS = 120 * SECOND_MS;
/** The service is away once an hour, by turns for so long: the last is more than the buffer holds. */
const OUTAGES_MS = [10 * SECOND_MS, 60 * SECOND_MS, 100 * SECOND_MS, 300 * SECOND_MS];
const OUTAGE_AT_MS = 50 * MINUTE_MS;
/** A week in docs/6-maintain/verified.md. */
const DAYS = Number(process.env['KVS_TEST_DAYS'] ?? 1);

/** The test's service reads a frame's number from its first bytes, so the codec is one of its own. */
const TRACKS: readonly TrackInfo[] = (['video', 'audio'] as const).map((kind, index) => ({
  trackId: index + 1,
  trackName: kind,
  description: {
    kind,
    mediaType: `${kind}/numbers`,
    codecId: `${kind === 'video' ? 'V' : 'A'}_TEST`,
  },
}));

/** Puts numbered frames: even ones are pictures, odd ones the sound that follows half a second on. */
class Camera {
  readonly #stream: KinesisVideoStream;
  frames = 0;
  fragments = 0;

  constructor(stream: KinesisVideoStream) {
    this.#stream = stream;
  }

  fragment(atMs: number): void {
    for (let i = 0; i < FRAMES; i++) {
      this.#put(1, atMs + i * SECOND_MS, i === 0);
      this.#put(2, atMs + i * SECOND_MS + SECOND_MS / 2, true);
    }
    this.fragments += 1;
  }

  #put(trackId: number, atMs: number, isKeyFrame: boolean): void {
    const ptsNs = BigInt(atMs) * 1_000_000n;
    const data = Buffer.from(`${this.frames} `);
    this.#stream.putFrame({ trackId, ptsNs, dtsNs: ptsNs, durationNs: 0n, isKeyFrame, data });
    this.frames += 1;
  }
}

/** Every frame has one fate: the service has it, once and in its order, or its loss was reported. */
class Ledger {
  persisted = 0;
  lost = 0;
  readonly #camera: Camera;
  readonly #isLost: Uint8Array;
  readonly #isPersisted: Uint8Array;
  readonly #last = [-1, -1];

  constructor(camera: Camera, frames: number) {
    this.#camera = camera;
    this.#isLost = new Uint8Array(frames);
    this.#isPersisted = new Uint8Array(frames);
  }

  /** The frames of a dropped fragment follow from its time. */
  drop({ startNs, frames }: DroppedFragment, startMs: number): void {
    const first = (Number(startNs / 1_000_000n) - startMs) / (SECOND_MS / 2);
    this.#isLost.fill(1, first, first + frames);
    this.lost += frames;
  }

  /** Takes over what the service has persisted, and lets the service forget it. */
  take(services: readonly PutMediaService[]): void {
    for (const session of services.flatMap(({ sessions }) => sessions)) {
      for (const { frames, isPersisted } of session.fragments) {
        if (isPersisted) for (const frame of frames) this.#persist(frame);
      }
      const open = session.fragments.filter(({ isWhole }) => !isWhole);
      session.fragments.splice(0, session.fragments.length, ...open);
    }
  }

  #persist(frame: number): void {
    assert.equal(this.#isPersisted[frame], 0, `frame ${frame} came twice`);
    const track = frame % 2;
    assert.ok(frame > (this.#last[track] ?? 0), `frame ${frame} came after ${this.#last[track]}`);
    this.#last[track] = frame;
    this.#isPersisted[frame] = 1;
    this.persisted += 1;
  }

  check(): void {
    for (let frame = 0; frame < this.#camera.frames; frame++) {
      const fates = (this.#isLost[frame] ?? 0) + (this.#isPersisted[frame] ?? 0);
      assert.equal(fates, 1, `frame ${frame} has ${fates} fates`);
    }
  }
}

/** Credentials for an hour, renewed five minutes before their end. */
function hourly(clock: ManualClock): CredentialProvider & { refreshes: number } {
  let untilMs = 0;
  return {
    name: 'hourly',
    refreshes: 0,
    async get({ forceRefresh = false } = {}) {
      if (forceRefresh || clock.nowMs() > untilMs - 5 * MINUTE_MS) {
        this.refreshes += 1;
        untilMs = clock.nowMs() + HOUR_MS;
      }
      const expiration = new Date(untilMs);
      return { accessKeyId: `KEY${this.refreshes}`, secretAccessKey: 'secret', expiration };
    },
  };
}

/**
 * Over real sockets. The clock moves by a fragment at a time, and only when what the last step
 * began has happened: no step depends on how fast this machine is.
 */
test('days of picture and sound: each frame arrives once and in order, or its loss is reported', async (t) => {
  const clock = new ManualClock();
  let service = new PutMediaService();
  await service.listen();
  const { port, endpoint } = service;
  // A killed one is forgotten, so that the heap is the producer's.
  const services = [service];
  const problems: string[] = [];
  let sessions = 0;
  const credentials = hourly(clock);
  const agent = new Agent({ keepAlive: false });
  const producer = new KinesisVideoProducer({
    access: {
      ...noAccess,
      credentials,
      controlPlane: new FakeControlPlane(endpoint) as never,
      agents: { agentFor: () => agent },
    },
    deviceInfo: {
      clientInfo: {
        serviceCallConnectionTimeoutMs: HOUR_MS,
        serviceCallCompletionTimeoutMs: HOUR_MS,
      },
    },
    clock,
  });
  t.after(async () => {
    producer.close();
    agent.destroy();
    await service[Symbol.asyncDispose]();
  });
  const stream = producer.createStream({
    streamName: 'camera',
    trackInfoList: TRACKS,
    bufferDurationMs: BUFFER_MS,
    connectionStalenessMs: 0,
  });
  const startMs = clock.nowMs();
  const camera = new Camera(stream);
  const ledger = new Ledger(camera, (DAYS * 24 * HOUR_MS * 2) / SECOND_MS);
  let errors = 0;
  let settled = 0;
  let drops = 0;
  const fatal: string[] = [];
  stream.on('streamError', ({ error, fatal: isFatal }) => {
    errors += 1;
    if (isFatal) fatal.push(error.describe());
  });
  stream.on('fragmentAck', ({ ack }) => {
    if (ack.type === 'PERSISTED') settled += 1;
  });
  stream.on('droppedFragment', (drop) => {
    drops += 1;
    ledger.drop(drop, startMs);
  });
  stream.on('droppedFrame', () => assert.fail('a single frame was lost'));
  let isUp = true;
  let hasSession = false;
  const heaps: number[] = [];
  for (let atMs = 0; atMs < DAYS * 24 * HOUR_MS; atMs += FRAGMENT_MS) {
    const outageMs = OUTAGES_MS[Math.floor(atMs / HOUR_MS) % OUTAGES_MS.length] ?? 0;
    const sinceMs = (atMs % HOUR_MS) - OUTAGE_AT_MS;
    const isAway = sinceMs >= 0 && sinceMs < outageMs;
    if (isAway && isUp) {
      isUp = false;
      hasSession = false;
      const before = errors;
      await service.kill();
      await waitFor(() => errors > before, 'the outage is noticed');
      ledger.take(services);
      problems.push(...service.problems);
      sessions += service.sessions.length;
      services.length = 0;
    } else if (!isAway && !isUp) {
      isUp = true;
      service = new PutMediaService();
      services.push(service);
      await service.listen(port);
    }
    camera.fragment(startMs + atMs);
    if (isUp) {
      // All but the open fragment. After an outage the back-off takes some of the fragment's time.
      const isSettled = (): boolean => settled + drops === camera.fragments - 1;
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
      await clock.run(FRAGMENT_MS, undefined, FRAGMENT_MS / 2);
    }
    if (atMs % HOUR_MS === 0) {
      ledger.take(services);
      heaps.push(heapBytes());
    }
  }
  await stream.stop();
  ledger.take(services);
  ledger.check();

  const metrics = stream.metrics();
  problems.push(...service.problems);
  sessions += service.sessions.length;
  assert.deepEqual(fatal, []);
  assert.deepEqual(problems, []);
  assert.equal(camera.frames, (DAYS * 24 * HOUR_MS * 2) / SECOND_MS);
  assert.deepEqual(
    {
      put: metrics.totalFrames,
      stored: metrics.storedFrames,
      persisted: ledger.persisted + metrics.droppedFrames,
      dropped: metrics.droppedFrames,
      droppedFragments: metrics.droppedFragments,
      persistedAcks: metrics.persistedAcks,
      skipped: metrics.skippedFrames,
      errorAcks: metrics.errorAcks,
      left: metrics.overallViewBytes,
      allocated: producer.metrics().contentStoreAllocatedSize,
    },
    {
      put: camera.frames,
      stored: camera.frames,
      persisted: camera.frames,
      dropped: ledger.lost,
      droppedFragments: drops,
      persistedAcks: settled,
      skipped: 0,
      errorAcks: 0,
      left: 0,
      allocated: 0,
    },
  );
  // Six outages were longer than the buffer by three minutes, or 18 fragments, and a back-off.
  const perDay = drops / DAYS;
  assert.ok(perDay >= 6 * 18 && perDay <= 6 * 24, `${drops} fragments were dropped`);
  const sessionsPerDay = sessions / DAYS;
  assert.ok(sessionsPerDay >= 2 * 24 && sessionsPerDay < 4 * 24, `${sessions} sessions`);
  assert.ok(credentials.refreshes >= 24 * DAYS, `${credentials.refreshes} credentials`);
  const [early, late] = [heaps[3] ?? 0, heaps.at(-1) ?? 0];
  assert.ok(late - early < 2 * 1024 * 1024, `the heap grew from ${early} to ${late}`);
});
