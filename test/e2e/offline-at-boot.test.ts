// A camera that starts before its network and its clock: a Raspberry Pi has no clock of its own.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { LocalService } from '../../src/local/options.ts';
import { startLocalService } from '../../src/local/service.ts';
import { startService, temporaryFolder } from '../local/support/service.ts';
import { persisted } from './support/persisted.ts';
import { pipelineEnvironment, startPipeline, type Way, words } from './support/run.ts';
import { storedFrames } from './support/stored.ts';

const PRELOAD = join(import.meta.dirname, 'support', 'machine-clock.js');
const FPS = 30;
const HOUR_MS = 3_600_000;
const YEARS_MS = 40 * 365 * 24 * HOUR_MS;
/** A Date header counts whole seconds, and says when an answer was begun. */
const DATE_MS = 1_500;

/** A live camera on a machine whose clock is wrong, and may be set. */
function startCamera(
  t: TestContext,
  way: Way,
  {
    frames,
    url,
    wrongByMs,
    properties = '',
  }: { frames: number; url: string; wrongByMs: number; properties?: string },
) {
  const file = join(temporaryFolder(t), 'wrong-by-ms');
  const setClock = (ms: number): void => writeFileSync(file, String(ms));
  setClock(wrongByMs);
  const line = `-m videotestsrc is-live=true num-buffers=${frames} !
    video/x-raw,width=160,height=120,framerate=${FPS}/1 ! x264enc tune=zerolatency
    speed-preset=ultrafast key-int-max=${FPS} ! h264parse ! kvssink stream-name=camera
    ${properties}`;
  const pipeline = startPipeline(
    t,
    way,
    words(line),
    pipelineEnvironment(url, {
      NODE_OPTIONS: `--import=${PRELOAD}`,
      MACHINE_CLOCK_FILE: file,
    }),
  );
  return { pipeline, setClock };
}

/** All frames were stored once, each at the time at which it was made. */
async function assertAtTheirTimes(
  service: LocalService,
  frames: number,
  startedMs: number,
): Promise<void> {
  assertTimes(await storedFrames(service, 'camera'), frames, startedMs);
}

function assertTimes(
  stored: readonly { readonly timeMs: number }[],
  frames: number,
  startedMs: number,
): void {
  assert.equal(stored.length, frames);
  const firstMs = stored[0]?.timeMs ?? 0;
  assert.ok(firstMs > startedMs - DATE_MS, `the first is from ${new Date(firstMs).toISOString()}`);
  assert.ok(firstMs < startedMs + 10_000, `the first is from ${new Date(firstMs).toISOString()}`);
  for (const [index, { timeMs }] of stored.entries()) {
    const offMs = timeMs - firstMs - (index * 1000) / FPS;
    assert.ok(Math.abs(offMs) <= DATE_MS, `frame ${index} is off by ${offMs} ms`);
  }
}

/** @returns what kvs-clock-error messages said, in their order */
function clockErrors(output: string): string[] {
  return [
    ...output.matchAll(/kvs-clock-error.*?because=\(string\)(\w+), corrected=\(boolean\)(\w+)/g),
  ].map(([, because, corrected]) => `${because} ${corrected}`);
}

test('in 1970 without a network, then NTP, then the service: each frame has its time', async (t) => {
  const port = await unusedPort(t);
  const url = `http://127.0.0.1:${port}`;
  const startedMs = Date.now();
  const camera = { frames: 150, url, wrongByMs: -startedMs };
  const { pipeline, setClock } = startCamera(t, 'gst-launch-1.0', camera);
  await pipeline.printed(/state=\(string\)reconnecting/);
  await pause(1_500);
  setClock(0);
  await pipeline.printed(/kvs-clock-error/);
  const service = await startService(t, { port });
  const { code, stdout, stderr } = await pipeline.finished;
  assert.equal(code, 0, stdout + stderr);
  await assertAtTheirTimes(service, 150, startedMs);
  assert.deepEqual(clockErrors(stdout), ['step true']);
  assert.match(stdout, /clock was set: it was \d+ days behind when the stream began/);
});

for (const [when, wrongByMs, way] of [
  ['1986', -YEARS_MS, 'gst-launch-1.0'],
  ['2066', YEARS_MS, 'kvs-launch'],
] as const) {
  test(`${way} in ${when} until the service answers, and the clock is set during an outage: each frame has its time`, async (t) => {
    const dataDir = temporaryFolder(t);
    const first = await startLocalService({ dataDir });
    t.after(() => first.close());
    const startedMs = Date.now();
    const camera = { frames: 240, url: first.url, wrongByMs };
    const { pipeline, setClock } = startCamera(t, way, camera);
    await persisted(first, 'camera', 2);
    await first.close();
    await pipeline.printed(/state=\(string\)reconnecting/);
    setClock(0);
    await pause(1_500);
    const second = await startService(t, { dataDir, port: Number(new URL(first.url).port) });
    await persisted(second, 'camera', 5);
    // Whoever sets a clock may be wrong, too.
    setClock(HOUR_MS);
    const { code, stdout, stderr } = await pipeline.finished;
    assert.equal(code, 0, stdout + stderr);
    await assertAtTheirTimes(second, 240, startedMs);
    assert.deepEqual(clockErrors(stdout), ['service true']);
  });
}

test('recorded in 1970 into a spool, and started again before the service answers: each frame of both runs has its time', async (t) => {
  const port = await unusedPort(t);
  const startedMs = Date.now();
  const camera = {
    ...{ frames: 90, url: `http://127.0.0.1:${port}`, wrongByMs: -startedMs },
    properties: `spool-directory=${temporaryFolder(t)} stop-stream-timeout=2`,
  };
  const first = await startCamera(t, 'gst-launch-1.0', camera).pipeline.finished;
  assert.match(first.stdout + first.stderr, /90 frames in .* are waiting in the spool/);
  const service = await startService(t, { port });
  const restartedMs = Date.now();
  const again = { ...camera, properties: camera.properties.replace('timeout=2', 'timeout=60') };
  const { code, stdout, stderr } = await startCamera(t, 'gst-launch-1.0', again).pipeline.finished;
  assert.equal(code, 0, stdout + stderr);
  const stored = (await storedFrames(service, 'camera')).toSorted((a, b) => a.timeMs - b.timeMs);
  assertTimes(stored.slice(0, 90), 90, startedMs);
  assertTimes(stored.slice(90), 90, restartedMs);
});

/** A port that nobody listens on: that of a service that is over. */
async function unusedPort(t: TestContext): Promise<number> {
  const service = await startLocalService({ dataDir: temporaryFolder(t) });
  await service.close();
  return Number(new URL(service.url).port);
}
