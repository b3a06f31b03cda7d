import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { startLocalService } from '../../src/local/service.ts';
import { packageRoot } from '../../src/runtime/package-root.ts';
import { findSpool } from '../../src/spool/find-spool.ts';
import { startService, temporaryFolder } from '../local/support/service.ts';
import { listFragments } from '../support/list-fragments.ts';
import { freePort } from './support/free-port.ts';
import { pipelineEnvironment, type Running, start, startPipeline, words } from './support/run.ts';

/** `SPOOL_KILLS=200 node --test dist/test/e2e/spool-kills.test.js` is the long run. */
const KILLS = Number(process.env['SPOOL_KILLS'] ?? 4);
const SEED = Number(process.env['SPOOL_SEED'] ?? 1);

const CAMERA = `videotestsrc is-live=true pattern=snow !
  video/x-raw,width=320,height=240,framerate=30/1 !
  x264enc tune=zerolatency speed-preset=ultrafast bitrate=6000 key-int-max=30 ! h264parse !
  kvssink stream-name=camera storage-size=1`;

/** Numbers in [0, 1) that are the same in each run. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 16807) % 2147483647;
    return state / 2147483647;
  };
}

/** Ends gst-launch-1.0 and its host as a loss of power would. */
async function killAll({ child, finished }: Running): Promise<void> {
  const { pid = 0 } = child;
  process.kill(pid, 'SIGSTOP');
  const hosts = childrenOf(pid);
  for (const one of [...hosts, pid]) process.kill(one, 'SIGKILL');
  await finished;
  for (const one of hosts) while (existsSync(`/proc/${one}`)) await pause(10);
}

function childrenOf(pid: number): number[] {
  try {
    return execFileSync('pgrep', ['-P', String(pid)], { encoding: 'utf8' })
      .split('\n')
      .filter((line) => line !== '')
      .map(Number);
  } catch {
    return [];
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Begins of the fragments that are in the spool, epoch ns. */
async function spooled(directory: string): Promise<bigint[]> {
  const folder = join(directory, 'camera.spool');
  if (!existsSync(folder)) return [];
  const { segments } = await findSpool(folder, undefined);
  return segments.flatMap(({ fragments }) => fragments.map(({ meta }) => meta.startNs));
}

test(`kill -9 of everything at ${KILLS} moments of outages and back-fills: what was on the disk arrives, in order`, async (t) => {
  const spool = temporaryFolder(t);
  const dataDir = temporaryFolder(t);
  const port = await freePort();
  const random = randomFrom(SEED);
  const env = pipelineEnvironment(`http://127.0.0.1:${port}`);
  const line = words(`${CAMERA} spool-directory=${spool}`);
  const promised = new Set<bigint>();
  let most = 0;
  for (let round = 0; round < KILLS; round++) {
    // Two rounds without the service, two with it.
    const service = round % 4 < 2 ? undefined : await startLocalService({ dataDir, port });
    const pipeline = startPipeline(t, 'gst-launch-1.0', line, env);
    await pipeline.printed(/Setting pipeline to PLAYING/);
    // Without the service all of it goes into the spool, as soon as the host runs.
    while (service === undefined && (await spooled(spool)).length <= most) await pause(100);
    await pause(1_000 + 3_000 * random());
    await killAll(pipeline);
    await service?.close();
    const waiting = await spooled(spool);
    for (const startNs of waiting) promised.add(startNs);
    most = Math.max(most, waiting.length);
  }
  assert.ok(most > 0, 'something was in the spool when it was killed');
  await deliverAll(t, { spool, dataDir, port, env });
  const service = await startService(t, { dataDir, port });
  const stored = await listFragments(service.streams.byName('camera')?.fragments);
  const times = stored.map(({ producerTimestampMs }) => producerTimestampMs);
  const arrived = new Set(times);
  const lost = [...promised].filter((ns) => !arrived.has(Number(ns / 1_000_000n)));
  t.diagnostic(
    `${promised.size} fragments were on the disk, at most ${most} at once; ${stored.length} stored`,
  );
  assert.deepEqual(lost, []);
  assert.deepEqual(
    times,
    [...times].sort((a, b) => a - b),
    'older ones are stored before newer ones',
  );
});

/** The service is back, and nothing is killed any more. */
async function deliverAll(
  t: TestContext,
  site: { spool: string; dataDir: string; port: number; env: NodeJS.ProcessEnv },
): Promise<void> {
  const { spool, dataDir, port, env } = site;
  const service = await startLocalService({ dataDir, port });
  const last = `${CAMERA} spool-directory=${spool}`.replace(
    'is-live=true',
    'is-live=true num-buffers=30',
  );
  const made = await startPipeline(t, 'gst-launch-1.0', words(last), env).finished;
  assert.equal(made.code, 0, made.stdout + made.stderr);
  const command = [join(packageRoot, 'bin', 'kvs-launch.js'), 'spool', 'send', spool];
  const sent = await start(t, process.execPath, [...command, '--region', 'us-west-2'], env)
    .finished;
  assert.equal(sent.code, 0, sent.stdout + sent.stderr);
  assert.deepEqual(await spooled(spool), []);
  await service.close();
}
