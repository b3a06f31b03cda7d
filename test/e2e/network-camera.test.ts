import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { LocalService } from '../../src/local/options.ts';
import { packageRoot } from '../../src/runtime/package-root.ts';
import { startService } from '../local/support/service.ts';
import { pipelineEnvironment, type Running, start } from './support/run.ts';
import { type StoredFrame, storedFrames } from './support/stored.ts';

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

function startClient(t: TestContext, service: LocalService, args: readonly string[]): Running {
  const script = join(packageRoot, 'bin', 'kvs-launch.js');
  const env = pipelineEnvironment(service.url, { STREAM_NAME: 'camera' });
  return start(t, process.execPath, [script, 'rtsp', ...args], env);
}

/** Waits until more than `count` frames are stored, and gives all of them. */
async function stored(service: LocalService, count: number): Promise<StoredFrame[]> {
  for (;;) {
    const frames = await storedFrames(service, 'camera');
    if (frames.length > count) return frames;
    await new Promise((resolve) => setTimeout(resolve, 100));
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
