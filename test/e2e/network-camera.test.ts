import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { LocalService } from '../../src/local/options.ts';
import { packageRoot } from '../../src/runtime/package-root.ts';
import { startService } from '../local/support/service.ts';
import { tracksOf } from './support/framecrc.ts';
import { persisted } from './support/persisted.ts';
import { pipelineEnvironment, type Running, start } from './support/run.ts';
import { fragmentFiles, type StoredFrame, storedFrames } from './support/stored.ts';

const CAMERA = join(packageRoot, 'examples', 'compose', 'camera', 'camera.py');

async function freePort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return String(address.port);
}

/** A network camera of GStreamer's RTSP server: 25 frames a second. */
async function startCamera(t: TestContext, args: readonly string[]): Promise<[Running, string]> {
  const camera = start(t, '/usr/bin/python3', [CAMERA, '--size', '320x240', ...args]);
  const [url] = await camera.printed(/rtsp:\/\/\S+/);
  return [camera, url];
}

function startClient(
  t: TestContext,
  service: LocalService,
  args: readonly string[],
  more: Record<string, string> = {},
): Running {
  const script = join(packageRoot, 'bin', 'kvs-launch.js');
  const env = pipelineEnvironment(service.url, { STREAM_NAME: 'camera', ...more });
  return start(t, process.execPath, [script, 'rtsp', ...args], env);
}

/** Arguments of every process that runs below a process, and its own. */
function commandLinesBelow(pid: number): string {
  const own = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return [
    own,
    ...children
      .split(' ')
      .filter(Boolean)
      .map((id) => commandLinesBelow(Number(id))),
  ].join('\n');
}

/** Waits until more than `count` frames are stored, and gives all of them. */
async function stored(service: LocalService, count: number): Promise<StoredFrame[]> {
  for (let fragments = 1; ; fragments = fragmentFiles(service, 'camera').length + 1) {
    await persisted(service, 'camera', fragments);
    const frames = await storedFrames(service, 'camera');
    if (frames.length > count) return frames;
  }
}

test('a network camera is streamed, and again after it was away', {
  timeout: 90_000,
}, async (t) => {
  const service = await startService(t);
  const port = await freePort();
  const [camera, url] = await startCamera(t, ['--port', port]);
  const client = startClient(t, service, [url]);
  await stored(service, 50);
  camera.child.kill('SIGKILL');
  await camera.finished;
  await client.printed(/connecting again in/);
  const before = (await storedFrames(service, 'camera')).length;
  await startCamera(t, ['--port', port]);
  await stored(service, before + 50);
  client.child.kill('SIGTERM');
  const { code, stdout, stderr } = await client.finished;
  assert.equal(code, 0, stdout + stderr);
  const frames = await storedFrames(service, 'camera');
  assert.equal(new Set(frames.map(({ timeMs }) => timeMs)).size, frames.length);
});

test('a camera that falls silent is reconnected to, and nothing that arrived is lost', {
  timeout: 90_000,
}, async (t) => {
  const service = await startService(t);
  const [camera, url] = await startCamera(t, ['--port', '0']);
  const client = startClient(t, service, [url, '--stall', '3']);
  await stored(service, 50);
  // Its connection stays; nothing comes through it.
  camera.child.kill('SIGSTOP');
  await client.printed(/sends no more frames/);
  // With exit code 0: it has sent what it had.
  await client.printed(/The camera ended the stream; connecting again in/);
  const before = (await storedFrames(service, 'camera')).length;
  camera.child.kill('SIGCONT');
  await stored(service, before + 50);
  client.child.kill('SIGTERM');
  const { code, stdout, stderr } = await client.finished;
  assert.equal(code, 0, stdout + stderr);
});

/** Every value of each of them once: codec, sound, transport, and how the password is asked for. */
const CAMERAS = [
  { codec: 'h264', audio: 'aac', transport: '--udp', auth: 'none', stores: ['h264', 'aac'] },
  {
    codec: 'h265',
    audio: 'alaw',
    transport: '--udp',
    auth: 'digest',
    stores: ['hevc', 'pcm_alaw'],
  },
  { codec: 'h265', audio: 'mulaw', transport: '', auth: 'basic', stores: ['hevc', 'pcm_mulaw'] },
  { codec: 'h264', audio: 'none', transport: '', auth: 'digest', stores: ['h264'] },
] as const;

for (const { codec, audio, transport, auth, stores } of CAMERAS) {
  const name = `${codec}, sound: ${audio}, ${transport ? 'UDP' : 'TCP'}, authentication: ${auth}`;
  test(`a camera with ${name}: found out and stored`, { timeout: 90_000 }, async (t) => {
    const service = await startService(t);
    const login = ['--user', 'joe', '--password', 'pass-word'];
    const lock = { none: [], basic: login, digest: [...login, '--digest'] }[auth];
    const kind = ['--port', '0', '--codec', codec, '--audio', audio];
    const [, url] = await startCamera(t, [...kind, ...lock]);
    const secret = auth === 'none' ? url : url.replace('//', '//joe:pass-word@');
    // The codec is not told, and sound is asked for even of the camera that has none.
    const args = [...(transport ? [transport] : []), '--audio', 'storage-size=16'];
    const client = startClient(t, service, args, { RTSP_URL: secret });
    await stored(service, 60);
    assert.doesNotMatch(commandLinesBelow(client.child.pid ?? 0), /pass-word/);
    client.child.kill('SIGTERM');
    const { code, stdout, stderr } = await client.finished;
    assert.equal(code, 0, stdout + stderr);
    assert.doesNotMatch(stdout + stderr, /pass-word/);
    const [tracks] = await tracksOf(fragmentFiles(service, 'camera').slice(-1));
    assert.deepEqual(
      tracks?.map(({ codec }) => codec),
      stores,
    );
  });
}

test('a camera that is not there at the start is waited for', { timeout: 90_000 }, async (t) => {
  const service = await startService(t);
  const port = await freePort();
  const client = startClient(t, service, [`rtsp://127.0.0.1:${port}/test`]);
  await client.printed(/connecting again in/);
  await startCamera(t, ['--port', port, '--codec', 'h265']);
  await stored(service, 25);
  client.child.kill('SIGTERM');
  assert.equal((await client.finished).code, 0);
});
