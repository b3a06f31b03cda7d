import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { LocalService } from '../../../src/local/options.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { listFragments } from '../../support/list-fragments.ts';
import { answerOf, call, createStream, open, sign, textOf } from '../support/client.ts';
import { block, cluster, END_OF_FRAGMENT, head } from '../support/matroska.ts';
import { type PutMedia, putDocument, putMedia } from '../support/put-media.ts';
import { startService } from '../support/service.ts';

function fragment(seconds: number, bytes = 1): Buffer {
  const frame = block(0, 1, Buffer.alloc(bytes));
  return Buffer.concat([cluster(seconds * 1_000), frame, block(900), END_OF_FRAGMENT]);
}

/** A session whose first fragment is stored. */
async function streaming(
  { url }: LocalService,
  stream: string,
  options: { ca?: string } = {},
): Promise<PutMedia> {
  const session = await putMedia(url, stream, options);
  session.request.write(Buffer.concat([head(), fragment(0)]));
  await session.waitFor(({ EventType }) => EventType === 'PERSISTED');
  return session;
}

/** Resolves when a PERSISTED acknowledgement has come. */
async function persisted(socket: Socket): Promise<void> {
  let text = '';
  await new Promise<void>((resolve) => {
    socket.on('data', (part: Buffer) => {
      text += part.toString();
      if (text.includes('PERSISTED')) resolve();
    });
  });
}

/** How an answer ended. */
function endOf(response: IncomingMessage): Promise<string> {
  return new Promise((resolve) => {
    response.once('end', () => resolve('end'));
    response.once('error', ({ code, message }: NodeJS.ErrnoException) => {
      resolve(`${code}: ${message}`);
    });
  });
}

test('open sessions of a stream are dropped at once, by RST or in mid-answer, and no others', async (t) => {
  const service = await startService(t);
  for (const name of ['demo', 'other']) await createStream(service.url, name);
  const other = await streaming(service, 'other');
  for (const [how, end] of [
    ['reset', /ECONNRESET: (read ECONNRESET|aborted)/],
    ['close', /ECONNRESET: aborted/],
  ] as const) {
    const session = await streaming(service, 'demo');
    const { socket } = session.request;
    let code: string | undefined;
    socket?.once('error', (error: NodeJS.ErrnoException) => {
      code = error.code;
    });
    const closed = new Promise((resolve) => socket?.once('close', resolve));
    const ended = endOf(session.response);
    const fault = service.faults.add({ kind: 'drop', how, stream: 'demo', count: 1 });
    assert.match(await ended, end);
    await closed;
    assert.equal(code, how === 'reset' ? 'ECONNRESET' : undefined);
    assert.equal(fault.strikes, 1);
  }
  other.request.end(fragment(1));
  assert.equal((await other.ended).length, 6);
});

test('a TLS connection is reset, too', async (t) => {
  const { tlsUrl = '', caFile = '', url, faults } = await startService(t, { tlsPort: 0 });
  await createStream(url, 'demo');
  const session = await putMedia(tlsUrl, 'demo', { ca: readFileSync(caFile, 'utf8') });
  const { socket } = session.request;
  assert.ok(socket);
  const error = once(socket, 'error');
  faults.add({ kind: 'drop', operation: 'PutMedia' });
  const [{ code }] = (await error) as [NodeJS.ErrnoException];
  assert.equal(code, 'ECONNRESET');
});

test('a connection is dropped when it has brought so many fragments, each connection once', async (t) => {
  const service = await startService(t);
  await createStream(service.url, 'demo');
  const fault = service.faults.add({ kind: 'drop', afterFragments: 2, count: 2 });
  for (const _ of [1, 2]) {
    const session = await streaming(service, 'demo');
    const ended = endOf(session.response);
    session.request.write(fragment(1));
    assert.match(await ended, /ECONNRESET/);
  }
  assert.equal(fault.strikes, 2);
  const acks = await putDocument(
    service.url,
    'demo',
    Buffer.concat([head(), fragment(0), fragment(1), fragment(2)]),
  );
  assert.equal(acks.filter(({ EventType }) => EventType === 'PERSISTED').length, 3);
});

test('half-closed, the answer ends and what is still sent is taken and thrown away', async (t) => {
  const service = await startService(t);
  await createStream(service.url, 'demo');
  // Node's own client would end its side, too.
  const url = new URL('/putMedia', service.url);
  const headers = await sign(
    url,
    {
      'transfer-encoding': 'chunked',
      'x-amzn-stream-name': 'demo',
      'x-amzn-fragment-timecode-type': 'ABSOLUTE',
    },
    '',
  );
  const socket = connect({ port: Number(url.port), host: url.hostname, allowHalfOpen: true });
  const send = async (chunk: Buffer): Promise<void> => {
    socket.write(`${chunk.length.toString(16)}\r\n`);
    socket.write(chunk);
    if (!socket.write('\r\n')) await once(socket, 'drain');
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`POST /putMedia HTTP/1.1\r\n${lines.join('')}\r\n`);
  const answered = persisted(socket);
  await send(Buffer.concat([head(), fragment(0)]));
  await answered;
  const ended = once(socket, 'end');
  using fault = service.faults.add({ kind: 'half-close', stream: 'demo' });
  await ended;
  for (let i = 1; i < 40; i++) await send(fragment(i, 1024 * 1024));
  assert.equal((await listFragments(service.streams.byName('demo')?.fragments)).length, 1);
  assert.equal(fault.strikes, 1);
  const failed = new Promise<NodeJS.ErrnoException>((resolve) => socket.once('error', resolve));
  fault.remove();
  // Nobody reads any more, which a client that has seen the end hears of when it writes.
  let code: string | undefined;
  while (code === undefined) {
    socket.write('x');
    code = await Promise.race([failed.then((error) => error.code), setImmediate(undefined)]);
  }
  assert.match(code, /EPIPE|ECONNRESET/);
});

test('a stalled session moves neither way until the fault is over, and then all of it', async (t) => {
  const service = await startService(t);
  await createStream(service.url, 'demo');
  for (const direction of ['both', 'in', 'out'] as const) {
    const session = await streaming(service, 'demo');
    const fault = service.faults.add({ kind: 'stall', direction, stream: 'demo', count: 1 });
    session.request.write(fragment(1));
    if (direction === 'out') {
      // Read and stored, but not acknowledged.
      const { fragments } = service.streams.byName('demo') ?? assert.fail();
      await new Promise<void>((resolve) => {
        fragments.subscribe(resolve);
      });
    } else {
      // More than the buffers between the two hold.
      assert.equal(session.request.write(Buffer.alloc(32 * 1024 * 1024, 0xec)), false);
    }
    assert.equal((await call(service.url, '/describeStream', { StreamName: 'demo' })).status, 200);
    assert.equal(session.acks.length, 3, direction);
    fault.remove();
    await session.waitFor(({ EventType, FragmentTimecode }) => {
      return EventType === 'PERSISTED' && FragmentTimecode === 1_000;
    });
    session.request.destroy();
  }
});

test('a request that is stalled is answered when the fault is over', async (t) => {
  const { url, faults } = await startService(t);
  const fault = faults.add({ kind: 'stall', operation: 'ListStreams' });
  const answer = call(url, '/listStreams', {});
  await fault.struck();
  fault.remove();
  assert.equal((await answer).status, 200);
});

test('a slow connection takes its time in both directions', async (t) => {
  const waited: number[] = [];
  // Waits are noted and not waited for.
  const clock = {
    ...systemClock,
    after: (delayMs: number, then: () => void) => {
      const isShort = delayMs < 3_000;
      if (isShort) waited.push(delayMs);
      return systemClock.after(isShort ? 0 : delayMs, then);
    },
  };
  const service = await startService(t, { clock });
  await createStream(service.url, 'demo');
  await putDocument(service.url, 'demo', Buffer.concat([head(), fragment(0, 100_000)]));
  using fault = service.faults.add({ kind: 'bandwidth', bytesPerSecond: 50_000, stream: 'demo' });
  waited.length = 0;
  const url = new URL('/getMedia', service.url);
  const StartSelector = { StartSelectorType: 'EARLIEST' };
  const body = Buffer.from(JSON.stringify({ StreamName: 'demo', StartSelector }));
  const sent = open(url, await sign(url, { 'content-length': String(body.length) }, body));
  sent.end(body);
  const response = await answerOf(sent);
  let bytes = 0;
  for await (const part of response as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes >= 100_000) break;
  }
  const sumS = waited.reduce((sum, ms) => sum + ms, 0) / 1_000;
  assert.ok(sumS >= 1.8 && sumS < 4, `${sumS} s for ${bytes} bytes`);
  waited.length = 0;
  await putDocument(service.url, 'demo', Buffer.concat([head(), fragment(1, 100_000)]));
  const putS = waited.reduce((sum, ms) => sum + ms, 0) / 1_000;
  assert.ok(putS >= 1.8, `${putS} s`);
  assert.equal(fault.strikes, 2);
});

test('an answer in pieces of one byte says the same', async (t) => {
  const { url, faults } = await startService(t);
  await createStream(url, 'demo');
  using fault = faults.add({ kind: 'split', pieceBytes: 1, pauseMs: 0 });
  const described = await call(url, '/describeStream', { StreamName: 'demo' });
  assert.equal((described.body['StreamInfo'] as { StreamName: string }).StreamName, 'demo');
  const acks = await putDocument(url, 'demo', Buffer.concat([head(), fragment(0), fragment(1)]));
  assert.equal(acks.length, 6);
  assert.equal(fault.strikes, 2);
});

test('what players fetch of an HLS session is struck by its own names, the page never', async (t) => {
  const { url, faults } = await startService(t);
  using _all = faults.add({ kind: 'error', status: 503 });
  const page = await fetch(new URL('/api/streams', url));
  assert.equal(page.status, 200);
  const playlist = await fetch(new URL('/hls/v1/getHLSMediaPlaylist.m3u8?SessionToken=x', url));
  assert.equal(playlist.status, 503);
  await playlist.text();
  using segments = faults.add({ kind: 'drop', operation: 'GetMP4MediaFragment' });
  await assert.rejects(fetch(new URL('/hls/v1/getMP4MediaFragment.mp4?SessionToken=x', url)));
  assert.equal(segments.strikes, 1);
});

test('closing the service ends what faults hold back', async (t) => {
  const service = await startService(t);
  await createStream(service.url, 'demo');
  const session = await streaming(service, 'demo');
  service.faults.add({ kind: 'stall' });
  const call = fetch(new URL('/describeStream', service.url), { method: 'POST' }).then(
    (response) => response.text(),
    () => 'cut',
  );
  await service.close();
  await session.ended;
  await call;
  await textOf(session.response).catch(() => {});
});
