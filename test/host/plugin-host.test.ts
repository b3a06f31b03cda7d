import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { CREDIT_WINDOW_BYTES, ElementMessage, HostMessage } from '../../src/host/wire/wire.ts';
import { type DecodedHostMessage, decodeHostMessages, elementMessage } from './element-message.ts';

const FIXTURE = fileURLToPath(new URL('./plugin-host-fixture.js', import.meta.url));
const OPEN = elementMessage({
  type: ElementMessage.open,
  payload: JSON.stringify({
    element: 'kvssink0',
    properties: { 'stream-name': 's', 'metrics-interval': 0 },
    pads: [],
  }),
});
const FRAME = elementMessage({ type: ElementMessage.frame, track: 1, ptsNs: 0n, payload: 'frame' });

/** A host in a process of its own, its socket on fd 3 as the plugin hands it over. */
function startHost(t: TestContext) {
  const child = spawn(process.execPath, [FIXTURE], { stdio: ['ignore', 'pipe', 'pipe', 'pipe'] });
  t.after(() => child.kill('SIGKILL'));
  const socket = child.stdio[3] as Duplex;
  const received: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => received.push(chunk));
  socket.on('error', () => {});
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (text: Buffer) => {
      output += text.toString();
    });
  }
  const exit = once(child, 'close') as Promise<[number | null, string | null]>;
  const messages = (): DecodedHostMessage[] => decodeHostMessages(Buffer.concat(received));
  const until = async (event: number): Promise<DecodedHostMessage> => {
    for (;;) {
      const message = messages().find((candidate) => candidate.event === event);
      if (message) return message;
      await once(socket, 'data');
    }
  };
  return { child, socket, exit, until, messages, output: () => output };
}

test('the socket ends: what came is drained, then the host ends with 0', async (t) => {
  const { socket, exit, output } = startHost(t);
  socket.write(Buffer.concat([OPEN, FRAME, FRAME]));
  socket.end();
  assert.deepEqual(await exit, [0, null]);
  assert.match(output(), /^drained 2 frames within true$/m);
});

test('the other end dies without a word: the same', async (t) => {
  const { child, socket, exit, output, until } = startHost(t);
  socket.write(Buffer.concat([OPEN, FRAME, elementMessage({ type: ElementMessage.drain })]));
  await until(HostMessage.drained);
  socket.write(Buffer.concat([FRAME, FRAME, FRAME]));
  child.stdio[3]?.destroy();
  assert.deepEqual(await exit, [0, null]);
  assert.match(output(), /^drained 1 frames/m);
});

test('a ping is answered, behind what came before it', async (t) => {
  const { socket, until, messages } = startHost(t);
  socket.write(OPEN);
  // So much is credited at once.
  const payload = Buffer.alloc(CREDIT_WINDOW_BYTES / 8);
  socket.write(elementMessage({ type: ElementMessage.frame, track: 1, ptsNs: 0n, payload }));
  socket.write(elementMessage({ type: ElementMessage.ping, element: 0 }));
  const { element } = await until(HostMessage.pong);
  assert.equal(element, 0);
  const events = messages().map(({ event }) => event);
  assert.ok(events.indexOf(HostMessage.pong) > events.indexOf(HostMessage.credit));
  assert.ok(events.includes(HostMessage.credit));
});

test('what one turn of the event loop has to say is one write, which wakes the element once', async (t) => {
  const { socket, exit, messages, output, until } = startHost(t);
  const ping = elementMessage({ type: ElementMessage.ping, element: 0 });
  socket.write(ping);
  await until(HostMessage.pong);
  socket.write(Buffer.concat([OPEN, ping, ping, ping]));
  while (messages().length < 4) await once(socket, 'data');
  socket.end();
  assert.deepEqual(await exit, [0, null]);
  assert.match(output(), /^2 writes to the element$/m);
});

test('what the opening of an element begins goes before the frames that came with it', async (t) => {
  const { socket, exit, output } = startHost(t);
  socket.write(Buffer.concat([OPEN, FRAME]));
  socket.end();
  assert.deepEqual(await exit, [0, null]);
  assert.match(output(), /^begun before the first frame: true$/m);
});

test('signals that a terminal sends to everybody do not end it', async (t) => {
  const { child, socket, exit, until, output } = startHost(t);
  socket.write(OPEN);
  socket.write(elementMessage({ type: ElementMessage.drain }));
  await until(HostMessage.drained);
  for (const signal of ['SIGINT', 'SIGHUP', 'SIGTERM'] as const) child.kill(signal);
  socket.write(Buffer.concat([FRAME, elementMessage({ type: ElementMessage.close })]));
  socket.end();
  assert.deepEqual(await exit, [0, null]);
  assert.match(output(), /drained 1 frames/);
});

test('a defect in the host is an error on the bus and an exit code', async (t) => {
  const { socket, exit, until, output } = startHost(t);
  socket.write(OPEN);
  socket.write(elementMessage({ type: ElementMessage.frame, payload: 'throw' }));
  const error = await until(HostMessage.error);
  assert.match(
    error.payload,
    /The\\ host\\ failed\\:\\ a\\ defect|The\\ host\\ failed:\\ a\\ defect/,
  );
  assert.deepEqual(await exit, [1, null]);
  assert.match(output(), /Error: a defect/);
});

test('garbage on the socket is an error on the bus and an exit code', async (t) => {
  const { socket, exit, until } = startHost(t);
  socket.write(OPEN);
  socket.write(Buffer.alloc(48, 0xff));
  const error = await until(HostMessage.error);
  assert.match(error.payload, /no\\ longer\\ understand/);
  assert.deepEqual(await exit, [1, null]);
});

test('garbage in place of the first message is an exit code, and no crash', async (t) => {
  const { socket, exit, output } = startHost(t);
  socket.write(Buffer.alloc(48, 0xff));
  assert.deepEqual(await exit, [1, null]);
  assert.doesNotMatch(output(), / {4}at /);
});
