import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { test } from 'node:test';
import { type Logger, silentLogger } from '../../src/runtime/logger.ts';
import { answerOf, call, createStream, open, sign, textOf } from './support/client.ts';
import { beginPutMedia } from './support/put-media.ts';
import { startService } from './support/service.ts';

test('unknown operations, methods and bodies are refused in the form of REST-JSON', async (t) => {
  const { url } = await startService(t);
  const unknown = await call(url, '/createChannel', {});
  assert.deepEqual([unknown.status, unknown.errorType], [404, 'UnknownOperationException']);
  const noJson = await call(url, '/describeStream', '{"StreamName"');
  assert.deepEqual([noJson.status, noJson.errorType], [400, 'SerializationException']);
  assert.deepEqual(Object.keys(noJson.body), ['Message']);
  assert.equal((await call(url, '/describeStream', '[]')).errorType, 'SerializationException');
  const empty = await call(url, '/listStreams', '');
  assert.equal(empty.status, 200);
});

test('every answer has an id of its own', async (t) => {
  const { url } = await startService(t);
  const answers = [
    await call(url, '/listStreams', {}),
    await call(url, '/describeStream', { StreamName: 'none' }),
    await call(url, '/listStreams', {}, { secretAccessKey: 'wrong' }),
  ];
  const ids = answers.map(({ headers }) => String(headers['x-amzn-requestid']));
  for (const id of ids) assert.match(id, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  assert.equal(new Set(ids).size, answers.length);
});

test('what Node answers by itself has an id, too', async (t) => {
  const { url } = await startService(t);
  for (const [sent, status] of [
    ['no HTTP\r\n\r\n', 400],
    ['GET / HTTP/1.1\r\nHost: localhost\r\nExpect: a miracle\r\nConnection: close\r\n\r\n', 417],
  ] as const) {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.end(sent);
    const answer = await textOf(socket as unknown as IncomingMessage);
    assert.match(answer, new RegExp(`^HTTP/1.1 ${status} [^]*x-amzn-RequestId: [0-9a-f-]{36}\r\n`));
  }
});

test('every operation checks the signature before anything else', async (t) => {
  const { url } = await startService(t);
  const wrong = { secretAccessKey: 'wrong' };
  for (const path of ['/createStream', '/describeStream', '/getMedia', '/listFragments']) {
    const answer = await call(url, path, { nonsense: true }, wrong);
    assert.deepEqual([answer.status, answer.errorType], [403, 'InvalidSignatureException'], path);
  }
  const { response } = await beginPutMedia(url, 'none', wrong);
  assert.equal(response.statusCode, 403);
  assert.match(await textOf(response), /does not match/);
});

test('a body that is too large is refused without being read whole', async (t) => {
  const { url } = await startService(t);
  const answer = await call(url, '/describeStream', 'x'.repeat(300 * 1024));
  assert.deepEqual([answer.status, answer.errorType], [413, 'RequestEntityTooLargeException']);
});

test('Expect: 100-continue is answered after the signature was found right, not before', async (t) => {
  const { url } = await startService(t);
  await createStream(url, 'demo');
  const outcome = async (options: { secretAccessKey?: string }) => {
    const target = new URL('/putMedia', url);
    const headers = await sign(
      target,
      {
        'x-amzn-stream-name': 'demo',
        'x-amzn-fragment-timecode-type': 'ABSOLUTE',
        'transfer-encoding': 'chunked',
      },
      '',
      options,
    );
    const sent = open(target, { ...headers, expect: '100-continue' });
    sent.on('error', () => {});
    let continued = false;
    sent.on('continue', () => {
      continued = true;
      sent.end();
    });
    sent.flushHeaders();
    const response = await answerOf(sent);
    await textOf(response);
    sent.destroy();
    return { continued, status: response.statusCode };
  };
  assert.deepEqual(await outcome({}), { continued: true, status: 200 });
  assert.deepEqual(await outcome({ secretAccessKey: 'wrong' }), { continued: false, status: 403 });
});

test('a producer that is refused while it sends still gets the answer', async (t) => {
  const { url } = await startService(t);
  const target = new URL('/putMedia', url);
  const headers = await sign(target, { 'transfer-encoding': 'chunked' }, '', {
    secretAccessKey: 'wrong',
  });
  const sent = open(target, headers);
  sent.on('error', () => {});
  const answer = answerOf(sent);
  const megabyte = Buffer.alloc(1024 * 1024);
  for (let i = 0; i < 8; i++) sent.write(megabyte);
  const response = await answer;
  assert.equal(response.statusCode, 403);
  assert.match(await textOf(response), /signature/);
  sent.destroy();
});

test('the page is refused to other hosts names, so that no site can be pointed at it', async (t) => {
  const { url } = await startService(t);
  for (const path of ['/', '/api/streams', '/api/events', '/live/x.mp4', '/api/service']) {
    const sent = request(new URL(path, url), { headers: { host: 'evil.example' }, agent: false });
    sent.end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    assert.equal(response.statusCode, 401, path);
    sent.destroy();
  }
});

test('bytes that are no HTTP are answered with 400 and the connection is closed', async (t) => {
  const { url } = await startService(t);
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.end('\x16\x03\x01\x02\x00 this is TLS\r\n\r\n');
  assert.match(await textOf(socket as unknown as IncomingMessage), /^HTTP\/1\.1 400 /);
});

test('a refusal has AWS’s words alone, and the log has the rest', async (t) => {
  const lines: string[] = [];
  const log: Logger = {
    ...silentLogger,
    info: (line) => lines.push(line),
    child: () => log,
  };
  const { url } = await startService(t, { log });
  const StreamARN = await createStream(url, 'demo');
  for (const [path, input, text, detail] of [
    [
      '/describeStream',
      { StreamName: 'none' },
      'The requested stream is not found or not active.',
      /'none'/,
    ],
    ['/createStream', { StreamName: 'demo' }, 'The stream demo already exists.', /demo/],
    [
      '/deleteStream',
      { StreamARN, CurrentVersion: 'old' },
      'The stream version that you specified is not the latest version. To get the latest ' +
        'version, use the DescribeStream API.',
      /'old'/,
    ],
  ] as const) {
    const { body } = await call(url, path, input);
    assert.deepEqual(body, { Message: text });
    assert.match(lines.at(-1) ?? '', detail);
  }
});
