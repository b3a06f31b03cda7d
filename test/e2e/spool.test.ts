import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { SpoolSummary } from '../../src/cli/spool/spools.ts';
import { packageRoot } from '../../src/runtime/package-root.ts';
import { startService, temporaryFolder } from '../local/support/service.ts';
import { freePort } from './support/free-port.ts';
import { pipelineEnvironment, start, startPipeline, words } from './support/run.ts';
import { storedFrames } from './support/stored.ts';
import { packetsOf } from './support/tools.ts';

const COMMAND = join(packageRoot, 'bin', 'kvs-launch.js');

/** A live source of about 4 Mbit/s, of which memory holds two seconds; and a copy to compare with. */
function camera(frames: number, reference: string, properties: string): string[] {
  return words(`-m videotestsrc is-live=true pattern=snow num-buffers=${frames} !
    video/x-raw,width=320,height=240,framerate=30/1 !
    x264enc tune=zerolatency speed-preset=ultrafast bitrate=4000 key-int-max=30 ! h264parse !
    tee name=t
    t. ! queue ! kvssink stream-name=camera storage-size=1 ${properties}
    t. ! queue ! matroskamux ! filesink location=${reference}`);
}

async function hashesOf(service: Awaited<ReturnType<typeof startService>>): Promise<string[]> {
  return (await storedFrames(service, 'camera')).map(({ hash }) => hash);
}

test('the service is away for longer than memory holds: every frame arrives, in order, once', async (t) => {
  const spool = temporaryFolder(t);
  const reference = join(temporaryFolder(t), 'reference.mkv');
  const port = await freePort();
  const env = pipelineEnvironment(`http://127.0.0.1:${port}`);
  const line = camera(450, reference, `spool-directory=${spool}`);
  const pipeline = startPipeline(t, 'gst-launch-1.0', line, env);
  await pipeline.printed(/kvs-spool.*state=\(string\)waiting.*fragments=\(uint\)[5-9]/);
  const service = await startService(t, { port });
  const { code, stdout, stderr } = await pipeline.finished;
  const output = stdout + stderr;
  assert.equal(code, 0, output);
  assert.deepEqual(
    await hashesOf(service),
    packetsOf(reference).map(({ hash }) => hash),
  );
  assert.doesNotMatch(output, /kvs-dropped/);
  assert.match(output, /kvs-spool.*state=\(string\)sending/);
  assert.match(output, /kvs-spool.*state=\(string\)empty/);
  assert.match(output, /kvs-metrics.*spool-sent-fragments/);
  assert.deepEqual(readdirSync(join(spool, 'camera.spool')), []);
});

test('EOS while the service is away: exit code 0, a warning says what waits, and spool send delivers it', async (t) => {
  const spool = temporaryFolder(t);
  const reference = join(temporaryFolder(t), 'reference.mkv');
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const env = pipelineEnvironment(url);
  const line = camera(240, reference, `stop-stream-timeout=2 spool-directory=${spool}`);
  const { code, stdout, stderr } = await startPipeline(t, 'gst-launch-1.0', line, env).finished;
  assert.match(
    stdout + stderr,
    /WARNING.*240 frames in \d+ fragments \(8 s\) were not delivered and are waiting in the spool in /,
  );
  assert.doesNotMatch(stdout + stderr, /ERROR: from/);
  assert.equal(code, 0);

  const kvs = (...args: string[]) => start(t, process.execPath, [COMMAND, 'spool', ...args], env);
  const listed = await kvs('list', spool, '--json').finished;
  const [summary, ...others] = JSON.parse(listed.stdout) as SpoolSummary[];
  assert.deepEqual(others, []);
  assert.equal(summary?.stream, 'camera');
  assert.equal(summary?.frames, 240);
  const fragments = summary?.fragments ?? 0;
  assert.ok(fragments >= 8, `${fragments} fragments`);
  assert.match(
    (await kvs('list', spool).finished).stdout,
    /^camera: \d+ fragments, .* MB, 8 s, from /,
  );

  const unconfirmed = await kvs('drop', spool).finished;
  assert.equal(unconfirmed.code, 1);
  assert.match(unconfirmed.stderr, /Not confirmed: Delete \d+ fragments of stream camera.*--yes/s);

  const service = await startService(t, { port });
  await createStream(url, t);
  const sent = await kvs('send', spool, '--region', 'us-west-2').finished;
  assert.equal(sent.code, 0, sent.stdout + sent.stderr);
  assert.match(sent.stdout, /camera: 0 of \d+ fragments left/);
  assert.deepEqual(
    // Without the frame that the stream was made with.
    (await hashesOf(service)).slice(1),
    packetsOf(reference).map(({ hash }) => hash),
  );
  assert.equal((await kvs('drop', spool, 'camera', '--yes').finished).code, 0);
  assert.deepEqual(readdirSync(spool), []);
  assert.match((await kvs('list', spool, 'camera').finished).stderr, /no spool of stream camera/);
});

test('keys that are refused end the pipeline, and what it had waits in the spool', async (t) => {
  const spool = temporaryFolder(t);
  const reference = join(temporaryFolder(t), 'reference.mkv');
  const service = await startService(t);
  const line = camera(600, reference, `spool-directory=${spool}`);
  const wrong = pipelineEnvironment(service.url, { AWS_SECRET_ACCESS_KEY: 'wrong' });
  const { code, stdout, stderr } = await startPipeline(t, 'gst-launch-1.0', line, wrong).finished;
  assert.equal(code, 1, stdout + stderr);
  assert.doesNotMatch(stdout + stderr, /kvs-dropped/);

  const env = pipelineEnvironment(service.url);
  await createStream(service.url, t);
  const args = [COMMAND, 'spool', 'send', spool, '--region', 'us-west-2'];
  const sent = await start(t, process.execPath, args, env).finished;
  assert.equal(sent.code, 0, sent.stdout + sent.stderr);
  const kept = (await hashesOf(service)).slice(1);
  const all = packetsOf(reference).map(({ hash }) => hash);
  assert.deepEqual(kept, all.slice(0, kept.length));
  assert.ok(kept.length >= all.length - 30, `${kept.length} of ${all.length}`);
});

test('a second pipeline on the same spool is an error that names the process of the first', async (t) => {
  const spool = temporaryFolder(t);
  const service = await startService(t);
  const env = pipelineEnvironment(service.url);
  const line =
    words(`videotestsrc is-live=true ! x264enc tune=zerolatency speed-preset=ultrafast ! h264parse !
    kvssink stream-name=camera spool-directory=${spool}`);
  const first = startPipeline(t, 'gst-launch-1.0', ['-m', ...line], env);
  await first.printed(/kvs-fragment-ack/);
  const { code, stdout, stderr } = await startPipeline(t, 'gst-launch-1.0', line, env).finished;
  assert.match(stdout + stderr, /ERROR.*The spool in .*camera\.spool is in use by process \d+/);
  assert.equal(code, 1);
  first.child.kill('SIGKILL');
  // Its host sends the rest to the service, which must be there.
  await first.finished;
});

/** The stream is made by a pipeline, for spool send makes none. */
async function createStream(url: string, t: Parameters<typeof startService>[0]): Promise<void> {
  const line = words(`videotestsrc num-buffers=1 ! x264enc ! h264parse !
    kvssink stream-name=camera`);
  const { code } = await startPipeline(t, 'gst-launch-1.0', line, pipelineEnvironment(url))
    .finished;
  assert.equal(code, 0);
}
