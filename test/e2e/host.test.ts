// The plugin's host process: what a pipeline makes of one that hangs or dies.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { startLocalService } from '../../src/local/service.ts';
import { startService, temporaryFolder } from '../local/support/service.ts';
import { hostOf } from './support/host.ts';
import { persisted } from './support/persisted.ts';
import {
  type Finished,
  pipelineEnvironment,
  type Running,
  startPipeline,
  words,
} from './support/run.ts';
import { type StoredFrame, storedFrames } from './support/stored.ts';
import { packetsOf } from './support/tools.ts';

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function CAMERA(frames: number): string {
  return `videotestsrc is-live=true num-buffers=${frames} !
    video/x-raw,width=320,height=240,framerate=30/1 ! x264enc tune=zerolatency speed-preset=ultrafast key-int-max=30 !
    h264parse`;
}

/** A camera whose frames are in a file too, to compare with. */
function recorded(frames: number, reference: string, properties = ''): string[] {
  return words(`${CAMERA(frames)} ! tee name=t
    t. ! queue ! kvssink stream-name=camera ${properties}
    t. ! queue ! matroskamux ! filesink location=${reference}`);
}

function hashes(frames: readonly { hash: string }[]): string[] {
  return frames.map(({ hash }) => hash);
}

/** Each once, whatever was stored twice. */
function once(frames: readonly { hash: string }[]): string[] {
  return [...new Set(hashes(frames))];
}

/** Frames of one hash have the time that the source gave them, twice stored or not. */
function assertTimes(frames: readonly StoredFrame[], reference: string): void {
  const packets = new Map(packetsOf(reference).map(({ hash, timeMs }) => [hash, timeMs]));
  const [first] = frames;
  const startMs = (first?.timeMs ?? 0) - (packets.get(first?.hash ?? '') ?? 0);
  for (const { hash, timeMs } of frames) {
    const expected = startMs + (packets.get(hash) ?? Number.NaN);
    // The element keeps the base to within a millisecond, and both files count whole ones.
    assert.ok(Math.abs(timeMs - expected) <= 2.001, `off by ${timeMs - expected} ms`);
  }
}

async function endsWell(pipeline: Running): Promise<Finished> {
  const finished = await pipeline.finished;
  assert.equal(finished.code, 0, finished.stdout + finished.stderr);
  return finished;
}

/** Kills the host and waits for the one that takes its place. */
async function killHost(
  pipeline: Running,
  signal: 'SIGKILL' | 'SIGSTOP' = 'SIGKILL',
): Promise<void> {
  const pid = pipeline.child.pid ?? 0;
  const host = hostOf(pid);
  process.kill(host, signal);
  for (;;) {
    await pause(20);
    try {
      if (hostOf(pid) !== host) return;
    } catch {
      // Between two.
    }
  }
}

test('kill -9 of the host, again and again: every frame is stored, at its time, and a GOP at most twice', async (t) => {
  const service = await startService(t);
  const reference = join(temporaryFolder(t), 'reference.mkv');
  const environment = pipelineEnvironment(service.url);
  const pipeline = startPipeline(t, 'gst-launch-1.0', recorded(300, reference), environment);
  await persisted(service, 'camera', 1);
  const deaths = 2;
  for (let death = 0; death < deaths; death += 1) {
    // At any moment of a fragment.
    await pause(Math.random() * 1_000);
    await killHost(pipeline);
  }
  const { stdout } = await endsWell(pipeline);
  assert.match(stdout, /WARNING: .*started again \(killed by signal 9\): .*nothing is lost/);
  const source = hashes(packetsOf(reference));
  const frames = await storedFrames(service, 'camera');
  assert.deepEqual(once(frames), once(packetsOf(reference)));
  const twice = frames.length - source.length;
  assert.ok(twice <= deaths * 60, `${twice} frames are stored twice`);
  assertTimes(frames, reference);
});

test('kill -9 of the host while each slice and parameter set is a buffer: every frame is stored', async (t) => {
  const service = await startService(t);
  const frames = 240;
  const line = `videotestsrc is-live=true num-buffers=${frames} !
      video/x-raw,width=320,height=240,framerate=30/1 !
      x264enc tune=zerolatency speed-preset=ultrafast sliced-threads=true threads=2 key-int-max=30 ! h264parse !
      video/x-h264,stream-format=byte-stream,alignment=nal ! kvssink stream-name=camera`;
  const environment = pipelineEnvironment(service.url);
  const pipeline = startPipeline(t, 'gst-launch-1.0', words(line), environment);
  await persisted(service, 'camera', 1);
  for (let death = 0; death < 2; death += 1) {
    await pause(Math.random() * 1_000);
    await killHost(pipeline);
  }
  const { stdout } = await endsWell(pipeline);
  assert.equal(stdout.match(/WARNING: /g)?.length, 2, stdout);
  assert.equal(once(await storedFrames(service, 'camera')).length, frames);
});

test('kill -9 of the host with sound beside the picture, and of one that reads a file', async (t) => {
  for (const isLive of [true, false]) {
    // So that the file is not read before anybody has died.
    const pace = (us: number): string => (isLive ? '' : `! identity sleep-time=${us}`);
    const service = await startService(t);
    const folder = temporaryFolder(t);
    const [video, audio] = [join(folder, 'video.mkv'), join(folder, 'audio.mkv')];
    const type = isLive ? 'realtime' : 'offline';
    const line = `videotestsrc is-live=${isLive} num-buffers=240 !
        video/x-raw,width=320,height=240,framerate=30/1 ! x264enc speed-preset=ultrafast bframes=2 key-int-max=30 !
        h264parse ! tee name=v ! queue ${pace(10_000)} ! kvssink stream-name=camera streaming-type=${type} name=k
        v. ! queue ! matroskamux ! filesink location=${video}
      audiotestsrc is-live=${isLive} num-buffers=344 samplesperbuffer=1024 !
        audio/x-raw,rate=44100,channels=1 ! avenc_aac ! aacparse ! tee name=a ! queue ${pace(7_000)} ! k.
        a. ! queue ! matroskamux ! filesink location=${audio}`;
    const environment = pipelineEnvironment(service.url);
    const pipeline = startPipeline(t, 'gst-launch-1.0', words(line), environment);
    await persisted(service, 'camera', 1);
    for (let death = 0; death < 2; death += 1) {
      await killHost(pipeline);
      await pause(Math.random() * 1_000);
    }
    await endsWell(pipeline);
    const frames = await storedFrames(service, 'camera');
    for (const [track, reference] of [video, audio].entries()) {
      const stored = frames.filter((frame) => frame.track === track + 1);
      const missing = once(packetsOf(reference)).filter((hash) => !hashes(stored).includes(hash));
      assert.deepEqual(missing, [], `${type}: ${missing.length} of track ${track + 1} are missing`);
    }
  }
});

test('kill -9 of the host while the service is away: what fits 16 MiB is stored when it is back', async (t) => {
  const dataDir = temporaryFolder(t);
  const reference = join(temporaryFolder(t), 'reference.mkv');
  const first = await startLocalService({ dataDir });
  t.after(() => first.close());
  const port = Number(new URL(first.url).port);
  const environment = pipelineEnvironment(first.url);
  const pipeline = startPipeline(t, 'gst-launch-1.0', recorded(300, reference), environment);
  await persisted(first, 'camera', 2);
  await first.close();
  await pause(2_000);
  await killHost(pipeline);
  await pause(1_000);
  const second = await startService(t, { dataDir, port });
  await endsWell(pipeline);
  const frames = await storedFrames(second, 'camera');
  assert.deepEqual(once(frames), once(packetsOf(reference)));
  assertTimes(frames, reference);
});

test('a host that is stopped in mid-stream is replaced, and no frame is lost', async (t) => {
  const service = await startService(t);
  const reference = join(temporaryFolder(t), 'reference.mkv');
  const pipeline = startPipeline(
    t,
    'gst-launch-1.0',
    recorded(300, reference, 'host-timeout=2 stop-stream-timeout=10'),
    pipelineEnvironment(service.url),
  );
  await persisted(service, 'camera', 1);
  await killHost(pipeline, 'SIGSTOP');
  // Its streams end with the last process that has them: that is waited for too.
  const { stdout } = await endsWell(pipeline);
  assert.match(stdout, /started again \(it did not answer for 2 s\): .*nothing is lost/);
  const frames = await storedFrames(service, 'camera');
  assert.deepEqual(once(frames), once(packetsOf(reference)));
  assertTimes(frames, reference);
});

test('a host that never starts is an error after four attempts, and no process is left', async (t) => {
  const script = join(temporaryFolder(t), 'sleeps.mjs');
  writeFileSync(script, 'setInterval(() => {}, 1_000);');
  const pipeline = startPipeline(
    t,
    'gst-launch-1.0',
    words(`${CAMERA(60)} ! kvssink stream-name=camera host-timeout=1`),
    pipelineEnvironment('http://127.0.0.1:9', { KVS_HOST_SCRIPT: script }),
  );
  const { code, stdout, stderr } = await pipeline.finished;
  assert.equal(code, 1, stdout + stderr);
  assert.match(
    stderr,
    /ERROR: .*failed 4 times in a row, the last time: it did not answer for 4 s/,
  );
});

test('a host that is stopped when its application is killed goes on, and ends', async (t) => {
  const service = await startService(t);
  const environment = pipelineEnvironment(service.url);
  const pipeline = startPipeline(
    t,
    'gst-launch-1.0',
    words(`${CAMERA(300)} ! kvssink stream-name=camera host-timeout=0`),
    environment,
  );
  await persisted(service, 'camera', 1);
  const host = hostOf(pipeline.child.pid ?? 0);
  process.kill(host, 'SIGSTOP');
  pipeline.child.kill('SIGKILL');
  // The host has their other ends too: they close when it is gone.
  await pipeline.finished;
});

test('a host that hangs before it runs its script outlives its application by seconds only', async (t) => {
  const script = join(temporaryFolder(t), 'hangs.mjs');
  writeFileSync(script, 'process.stderr.write("hangs\\n"); for (;;);');
  const pipeline = startPipeline(
    t,
    'gst-launch-1.0',
    words(`${CAMERA(300)} ! kvssink stream-name=camera host-timeout=1`),
    pipelineEnvironment('http://127.0.0.1:9', { KVS_HOST_SCRIPT: script }),
  );
  await pipeline.printed(/hangs/);
  const killedMs = Date.now();
  pipeline.child.kill('SIGKILL');
  await pipeline.finished;
  const tookMs = Date.now() - killedMs;
  assert.ok(tookMs < 15_000, `${tookMs} ms`);
});

test('a pipeline that was stopped together with its host, and goes on, keeps its host', async (t) => {
  const service = await startService(t);
  const pipeline = startPipeline(
    t,
    'gst-launch-1.0',
    words(`${CAMERA(150)} ! kvssink stream-name=camera host-timeout=1`),
    pipelineEnvironment(service.url),
  );
  await persisted(service, 'camera', 1);
  const pid = pipeline.child.pid ?? 0;
  const host = hostOf(pid);
  process.kill(pid, 'SIGSTOP');
  process.kill(host, 'SIGSTOP');
  await pause(6_000);
  // The link wakes first, and its host a moment later.
  process.kill(pid, 'SIGCONT');
  await pause(300);
  assert.equal(hostOf(pid), host);
  process.kill(host, 'SIGCONT');
  const { stdout } = await endsWell(pipeline);
  assert.doesNotMatch(stdout, /started again/);
});
