// The plugin's host process: what a pipeline makes of one that hangs.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { startService, temporaryFolder } from '../local/support/service.ts';
import { hostOf } from './support/host.ts';
import { persisted } from './support/persisted.ts';
import { pipelineEnvironment, startPipeline, words } from './support/run.ts';

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const source = (frames: number): string =>
  `videotestsrc is-live=true num-buffers=${frames} !
    video/x-raw,width=320,height=240,framerate=30/1 ! x264enc tune=zerolatency key-int-max=30 !`;

test('a host that never starts is an error after four attempts, and no process is left', async (t) => {
  const script = join(temporaryFolder(t), 'sleeps.mjs');
  writeFileSync(script, 'setInterval(() => {}, 1_000);');
  const pipeline = startPipeline(
    t,
    'gst-launch-1.0',
    words(`${source(60)} kvssink stream-name=camera host-timeout=1`),
    pipelineEnvironment('http://127.0.0.1:9', { KVS_HOST_SCRIPT: script }),
  );
  // Its streams end with the last process that has them: that is waited for too.
  const { code, stdout, stderr } = await pipeline.finished;
  assert.equal(code, 1, stdout + stderr);
  assert.match(
    stderr,
    /ERROR: .*failed 4 times in a row, the last time: it did not answer for 4 s/,
  );
});

test('a pipeline that was stopped together with its host, and goes on, keeps its host', async (t) => {
  const service = await startService(t);
  const pipeline = startPipeline(
    t,
    'gst-launch-1.0',
    words(`${source(150)} kvssink stream-name=camera host-timeout=1`),
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
  const { code, stdout, stderr } = await pipeline.finished;
  assert.equal(code, 0, stdout + stderr);
  assert.doesNotMatch(stdout, /started again/);
});
