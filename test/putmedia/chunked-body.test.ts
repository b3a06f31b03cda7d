import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { Agent, type ClientRequest, createServer, type IncomingMessage, request } from 'node:http';
import {
  createServer as createTlsServer,
  Agent as TlsAgent,
  request as tlsRequest,
} from 'node:https';
import {
  type AddressInfo,
  createServer as createTcpServer,
  type Server,
  type Socket,
} from 'node:net';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ChunkedBody } from '../../src/putmedia/session/chunked-body.ts';
import { selfSigned } from './support/tls.ts';

const HEAD = Buffer.from('head');
const KIB = 1024;

/** A body on a connection of its own; `taken` resolves when the kernel has taken all of it. */
class Rig {
  readonly request: ClientRequest;
  readonly body: ChunkedBody;
  readonly connected: Promise<void>;
  #waiting: (() => void)[] = [];

  constructor(server: Server, scheme: 'http' | 'https' = 'http') {
    const { port } = server.address() as AddressInfo;
    const options = { host: '127.0.0.1', port, method: 'POST' };
    this.request =
      scheme === 'http'
        ? request({ ...options, agent: new Agent() })
        : tlsRequest({ ...options, agent: new TlsAgent({ rejectUnauthorized: false }) });
    this.request.on('error', () => {});
    let connected = (): void => {};
    this.connected = new Promise((resolve) => {
      connected = resolve;
    });
    this.body = new ChunkedBody(this.request, {
      connected,
      taken: () => {
        const waiting = this.#waiting;
        this.#waiting = [];
        for (const resolve of waiting) resolve();
      },
    });
    this.body.begin(HEAD);
  }

  async taken(queuedBytes = 0): Promise<void> {
    while (this.body.queuedBytes > queuedBytes) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }
}

async function listening<T extends Server>(server: T): Promise<T> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

/** Bytes that differ from those of any other number, wherever one looks. */
function media(byteLength: number, number: number): Buffer {
  const bytes = Buffer.alloc(byteLength);
  for (let at = 0; at < byteLength; at += 1) bytes[at] = number * 31 + at * 7 + (at >> 8);
  return bytes;
}

/** The sizes of the chunks of a request as it was on the wire, read by the RFC. */
function chunkSizes(wire: Buffer): number[] {
  const sizes: number[] = [];
  let at = wire.indexOf('\r\n\r\n') + 4;
  for (;;) {
    const lineEnd = wire.indexOf('\r\n', at);
    const line = wire.subarray(at, lineEnd).toString('latin1');
    assert.match(line, /^[1-9a-f][0-9a-f]*$|^0$/);
    const size = Number.parseInt(line, 16);
    sizes.push(size);
    at = lineEnd + 2 + size;
    assert.equal(wire.subarray(at, at + 2).toString('latin1'), '\r\n');
    at += 2;
    if (size === 0) return sizes;
  }
}

/** The server's end of one request, as it came. */
async function onTheWire(send: (rig: Rig) => Promise<void>): Promise<Buffer> {
  const parts: Buffer[] = [];
  const server = await listening(
    createTcpServer((socket) => {
      socket.on('data', (part) => {
        parts.push(part);
        if (part.subarray(-5).equals(Buffer.from('0\r\n\r\n'))) {
          socket.end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
        }
      });
    }),
  );
  const rig = new Rig(server);
  const answered = once(rig.request, 'response');
  await send(rig);
  await answered;
  server.close();
  return Buffer.concat(parts);
}

test('what one turn of the event loop appends is one chunk and one write', async () => {
  let writes = 0;
  const wire = await onTheWire(async ({ body, request, connected }) => {
    await connected;
    const { socket } = request;
    assert.ok(socket);
    const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
    socket.write = (...args: unknown[]) => {
      writes += 1;
      return write(...args);
    };
    body.append(media(1000, 1));
    body.append(media(2000, 2));
    await nextTurn();
    assert.equal(writes, 1);
    body.append(media(17, 3));
    await nextTurn();
    assert.equal(writes, 2);
    body.end();
  });
  assert.deepEqual(chunkSizes(wire), [HEAD.length, 3000, 17, 0]);
});

test('a chunk has 128 KiB at most, and none is empty', async () => {
  const wire = await onTheWire(async ({ body, connected }) => {
    await connected;
    body.append(media(100 * KIB, 1));
    body.append(media(156 * KIB, 2));
    await nextTurn();
    body.append(Buffer.alloc(0));
    await nextTurn();
    body.append(media(300 * KIB, 3));
    body.end();
  });
  const largest = 128 * KIB;
  const expected = [HEAD.length, largest, largest, largest, largest, 44 * KIB, 0];
  assert.deepEqual(chunkSizes(wire), expected);
});

test('what is appended before the connection stands follows when it does, and so does the end', async () => {
  const wire = await onTheWire(async ({ body }) => {
    body.append(media(200 * KIB, 1));
    await nextTurn();
    body.append(media(10, 2));
    body.end();
    assert.equal(body.queuedBytes, HEAD.length + 200 * KIB + 10);
  });
  assert.deepEqual(chunkSizes(wire), [HEAD.length, 128 * KIB, 72 * KIB + 10, 0]);
  assert.ok(wire.includes(media(200 * KIB, 1).subarray(-1000)));
});

for (const scheme of ['http', 'https'] as const) {
  test(`node:http reads over ${scheme} what was appended, however slowly it reads and whatever is overwritten meanwhile`, async () => {
    const read = createHash('sha256');
    let fill = (): void => {};
    const isFull = new Promise<void>((resolve) => {
      fill = resolve;
    });
    const received = (incoming: IncomingMessage): void => {
      // It reads only what does not fit between the two ends, and a little of that at a time.
      const readSome = async (): Promise<void> => {
        for await (const part of incoming) {
          read.update(part as Buffer);
          await nextTurn();
        }
        incoming.socket.end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
      };
      void isFull.then(readSome);
    };
    const server = await listening(
      scheme === 'http'
        ? createServer((incoming) => received(incoming))
        : createTlsServer(selfSigned(), (incoming) => received(incoming)),
    );
    const rig = new Rig(server, scheme);
    const { body } = rig;
    const answered = once(rig.request, 'response');
    const appended = createHash('sha256').update(HEAD);
    const scratch = Buffer.alloc(300 * KIB);
    for (let number = 0; number < 120; number += 1) {
      const bytes = media((number * 7919) % (300 * KIB), number);
      appended.update(bytes);
      // The caller's memory is its own again after the call.
      bytes.copy(scratch);
      body.append(scratch.subarray(0, bytes.length));
      scratch.fill(0xee);
      if (number % 3 === 0) await nextTurn();
      if (body.queuedBytes > 1024 * KIB) fill();
      await rig.taken(1024 * KIB);
    }
    body.end();
    await answered;
    assert.equal(read.digest('hex'), appended.digest('hex'));
    server.close();
  });
}

test('memory that the kernel has taken is used again', async () => {
  const buffers = new Set<ArrayBufferLike>();
  await onTheWire(async (rig) => {
    await rig.connected;
    const { socket } = rig.request;
    assert.ok(socket);
    const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
    socket.write = (...args: unknown[]) => {
      if (args[0] instanceof Uint8Array) buffers.add(args[0].buffer);
      return write(...args);
    };
    for (let number = 0; number < 20; number += 1) {
      rig.body.append(media(5000, number));
      await rig.taken();
    }
    rig.body.end();
  });
  assert.equal(buffers.size, 1);
});

test('a closed body sends nothing and tells nothing', async () => {
  const server = await listening(createTcpServer());
  const told: string[] = [];
  const { port } = server.address() as AddressInfo;
  const outgoing = request({ host: '127.0.0.1', port, method: 'POST', agent: new Agent() });
  outgoing.on('error', () => {});
  const body = new ChunkedBody(outgoing, {
    connected: () => told.push('connected'),
    taken: () => told.push('taken'),
  });
  body.begin(HEAD);
  body.append(media(1000, 1));
  body.close();
  assert.equal(body.queuedBytes, 0);
  const closed = new Promise((resolve) => outgoing.once('close', resolve));
  // The server has the head: what the kernel took was told, if it was to be told.
  const [socket] = (await once(server, 'connection')) as [Socket];
  await once(socket, 'data');
  await nextTurn();
  outgoing.destroy();
  await closed;
  assert.deepEqual(told, []);
  server.close();
});

test('a body that its owner closes as the connection stands tells nothing more', async () => {
  const server = await listening(createTcpServer((socket) => socket.resume()));
  const told: string[] = [];
  const { port } = server.address() as AddressInfo;
  const outgoing = request({ host: '127.0.0.1', port, method: 'POST', agent: new Agent() });
  outgoing.on('error', () => {});
  const closed = new Promise((resolve) => outgoing.once('close', resolve));
  const body = new ChunkedBody(outgoing, {
    connected: () => {
      body.close();
      outgoing.destroy();
    },
    taken: () => told.push('taken'),
  });
  body.begin(HEAD);
  await closed;
  assert.deepEqual(told, []);
  server.close();
});
