import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { LocalService } from '../../src/local/options.ts';
import { packageRoot } from '../../src/runtime/package-root.ts';
import { startCommand } from '../cli/support/kvs-launch.ts';
import { startService, temporaryFolder } from '../local/support/service.ts';
import { freePort } from './support/free-port.ts';
import { persisted } from './support/persisted.ts';
import { startPython } from './support/python.ts';
import { type Running, start } from './support/run.ts';
import { fragmentFiles, storedFrames } from './support/stored.ts';

const CAMERA = join(packageRoot, 'examples', 'compose', 'camera', 'camera.py');
const LOGIN = ['--user', 'joe', '--password', 'pass-word'];

async function startCamera(t: TestContext, args: readonly string[]): Promise<[Running, string]> {
  const camera = start(t, '/usr/bin/python3', [CAMERA, '--size', '160x120', ...args]);
  const [url] = await camera.printed(/rtsp:\/\/\S+/);
  return [camera, url];
}

/** Waits until a stream has some more fragments than now. */
async function moreOf(service: LocalService, stream: string): Promise<void> {
  await persisted(service, stream, fragmentFiles(service, stream).length + 2);
}

/** Arguments of all threads' process; the client starts no other. */
function commandLine({ child }: Running): string {
  const children = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8');
  assert.equal(children, '', 'one process for all cameras');
  return readFileSync(`/proc/${child.pid}/cmdline`, 'utf8');
}

/** The frames that each stream has been given since its first key frame, as its metrics say. */
async function framesOf(client: Running): Promise<Map<string, number>> {
  const [, url = ''] = await client.printed(/Metrics at (\S+)/);
  const text = await (await fetch(url)).text();
  const counter = /^kvs_(frames|skipped_frames)_total\{stream="([^"]+)"\} (\d+)$/gm;
  const counts = new Map<string, number>();
  for (const [, kind, name = '', count] of text.matchAll(counter)) {
    const sign = kind === 'frames' ? 1 : -1;
    counts.set(name, (counts.get(name) ?? 0) + sign * Number(count));
  }
  return counts;
}

test('cameras of a file are streamed by one process, and none disturbs another', {
  timeout: 120_000,
}, async (t) => {
  const service = await startService(t);
  const folder = temporaryFolder(t);
  const file = join(folder, 'cameras.yaml');
  const port = String(await freePort());
  const [, steady] = await startCamera(t, ['--port', '0', ...LOGIN, '--digest']);
  const [gone, flapping] = await startCamera(t, ['--port', port, '--codec', 'h265']);
  const [silent, silentUrl] = await startCamera(t, ['--port', '0', '--audio', 'alaw']);
  writeFileSync(join(folder, 'password'), 'pass-word\n', { mode: 0o600 });
  const list = (cameras: readonly object[]) =>
    writeFileSync(
      file,
      JSON.stringify({ defaults: { properties: { 'storage-size': 16 } }, cameras }),
    );
  const good = { name: 'steady', url: steady, user: 'joe', 'password-file': 'password' };
  const others = [
    { name: 'flapping', url: flapping },
    { name: 'silent', url: silentUrl, stall: 3, audio: true },
  ];
  const wrong = { name: 'wrong', url: steady, user: 'joe', 'password-env': 'WRONG' };
  list([good, wrong, ...others]);
  const args = ['rtsp', '--cameras', file, '--metrics', '127.0.0.1:0'];
  const client = startCommand(t, service.url, args, { WRONG: 'wrong-word' });

  await client.printed(/^wrong: ERROR: .*Unauthorized/m);
  await Promise.all(['steady', 'flapping', 'silent'].map((name) => moreOf(service, name)));
  const command = commandLine(client);
  // One dies, one falls silent: each comes back by itself.
  gone.child.kill('SIGKILL');
  silent.child.kill('SIGSTOP');
  await client.printed(/^flapping: .*connecting again in/m);
  await client.printed(/^silent: The camera sends no more frames/m);
  silent.child.kill('SIGCONT');
  await startCamera(t, ['--port', port, '--codec', 'h265']);
  await Promise.all(['steady', 'flapping', 'silent'].map((name) => moreOf(service, name)));

  // A list with a mistake changes nothing; a correct one, what differs.
  list([{ ...good, latency: 'soon' }]);
  client.child.kill('SIGHUP');
  await client.printed(
    /cameras\.yaml:1: cameras\[0\]\.latency is "soon".*\n.*\n.*go on as they were/,
  );
  list([
    good,
    ...others,
    { name: 'late', url: steady, stream: 'late-stream', user: 'joe', 'password-file': 'password' },
  ]);
  client.child.kill('SIGHUP');
  await client.printed(/^Cameras: 1 added: late; 1 removed: wrong\.$/m);
  await moreOf(service, 'late-stream');
  await moreOf(service, 'steady');

  const counted = await framesOf(client);
  assert.doesNotMatch(client.output(), /^(steady|late): /m, 'nothing was wrong with them');
  client.child.kill('SIGTERM');
  const { code, stdout, stderr } = await client.finished;
  assert.equal(code, 0, stderr);
  assert.doesNotMatch(command + stdout + stderr, /pass-word|wrong-word/);
  for (const name of ['steady', 'flapping', 'silent', 'late-stream']) {
    const [{ length }, count = Infinity] = [await storedFrames(service, name), counted.get(name)];
    assert.ok(length >= count, `${name}: ${length} frames stored, ${count} given before the end`);
  }
  // 25 frames a second, with what a busy machine makes of it.
  const times = (await storedFrames(service, 'steady')).map(({ timeMs }) => timeMs);
  const longest = Math.max(...times.slice(1).map((timeMs, index) => timeMs - (times[index] ?? 0)));
  assert.ok(longest < 1_000, `steady had a gap of ${longest} ms`);
});

test('each film of several cameras is stored to its last frame, with --once', {
  timeout: 60_000,
}, async (t) => {
  const service = await startService(t);
  const file = join(temporaryFolder(t), 'cameras.yaml');
  const servers = await Promise.all(
    [60, 90].map((frames) => startPython(t, 'rtsp_server.py', [String(frames), 'tcp'])),
  );
  const ports = await Promise.all(servers.map((server) => server.printed(/^port (\d+)$/m)));
  const cameras = ports.map(([, port], index) => ({
    name: `film-${index}`,
    url: `rtsp://127.0.0.1:${port}/camera`,
    codec: 'h264',
  }));
  writeFileSync(file, JSON.stringify({ cameras }));
  const client = startCommand(t, service.url, ['rtsp', '--cameras', file, '--once']);
  const { stderr } = await client.finished;
  for (const [index, frames] of [60, 90].entries()) {
    assert.equal((await storedFrames(service, `film-${index}`)).length, frames, stderr);
  }
});
