import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { startService } from '../local/support/service.ts';
import { pipelineEnvironment, startPipeline, WAYS, words } from './support/run.ts';
import { storedFrames } from './support/stored.ts';

const CAMERA =
  'videotestsrc is-live=true num-buffers=60 ! video/x-raw,width=320,height=240,framerate=30/1 ! ' +
  'x264enc tune=zerolatency speed-preset=ultrafast ! h264parse ! kvssink stream-name=camera stop-stream-timeout=3';

/** A service in front of the service: `answer` has the first word on each request. */
async function front(
  t: TestContext,
  behind: string,
  answer: (request: IncomingMessage, response: ServerResponse, own: string) => boolean,
): Promise<string> {
  let own = '';
  const server = createServer((incoming, response) => {
    if (answer(incoming, response, own)) return;
    const { method, url = '/', headers } = incoming;
    const outgoing = request(new URL(url, behind), { method, headers }, (answered) => {
      response.writeHead(answered.statusCode ?? 500, answered.headers);
      answered.pipe(response);
    });
    incoming.pipe(outgoing);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  own = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return own;
}

/** PutMedia always fails; everything else works. */
function withoutPutMedia(t: TestContext, behind: string, status: number): Promise<string> {
  return front(t, behind, (incoming, response, own) => {
    if (incoming.url === '/getDataEndpoint') {
      response.end(JSON.stringify({ DataEndpoint: own }));
      return true;
    }
    if (incoming.url !== '/putMedia') return false;
    incoming.resume();
    response.writeHead(status).end(JSON.stringify({ message: 'no' }));
    return true;
  });
}

/** All works, but the client hears of nothing that is persisted; `bytes` of each PutMedia. */
async function withoutPersisted(
  t: TestContext,
  behind: string,
): Promise<{ url: string; bytes: number[] }> {
  const bytes: number[] = [];
  const url = await front(t, behind, (incoming, response, own) => {
    if (incoming.url === '/getDataEndpoint') {
      response.end(JSON.stringify({ DataEndpoint: own }));
      return true;
    }
    if (incoming.url !== '/putMedia') return false;
    const session = bytes.push(0) - 1;
    incoming.on('data', ({ length }: Buffer) => {
      bytes[session] = (bytes[session] ?? 0) + length;
    });
    const { method, url: path, headers } = incoming;
    const outgoing = request(new URL(path, behind), { method, headers }, (answered) => {
      response.writeHead(answered.statusCode ?? 500, answered.headers);
      let rest = '';
      answered.on('data', (text: Buffer) => {
        const lines = `${rest}${text}`.split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) if (!line.includes('PERSISTED')) response.write(`${line}\n`);
      });
      answered.on('end', () => response.end());
    });
    incoming.pipe(outgoing);
    return true;
  });
  return { url, bytes };
}

test('a stream that is received and never persisted is sent at most twice, reported, and ends with an error', async (t) => {
  const service = await startService(t);
  const { url, bytes } = await withoutPersisted(t, service.url);
  const line = CAMERA.replace('num-buffers=60', 'num-buffers=150')
    .replace('tune=zerolatency', 'tune=zerolatency key-int-max=30')
    .replace('stop-stream-timeout=3', 'stop-stream-timeout=9 fragment-duration=1000');
  const env = pipelineEnvironment(url);
  const { code, stdout, stderr } = await startPipeline(t, 'gst-launch-1.0', words(line), env)
    .finished;
  const output = stdout + stderr;
  assert.match(output, /WARNING.*5 fragments \(0 to 4\) were received and not persisted/);
  assert.match(output, /ERROR.*150 frames in 5 fragments .*; 5 of the fragments were received/);
  assert.equal(code, 1);
  const [film = 0, ...again] = bytes;
  assert.ok(again.length >= 2, `${again.length} more sessions`);
  const sum = again.reduce((a, b) => a + b, 0);
  assert.ok(film > 0 && sum <= film, `${sum} bytes again, after ${film}`);
});

for (const way of WAYS) {
  for (const status of [500, 503, 429]) {
    test(`${way}: a stream whose PutMedia always answers ${status} ends with an error, and not with exit code 0`, async (t) => {
      const service = await startService(t);
      const url = await withoutPutMedia(t, service.url, status);
      const env = pipelineEnvironment(url);
      const { code, stdout, stderr } = await startPipeline(t, way, words(CAMERA), env).finished;
      assert.match(
        stdout + stderr,
        /ERROR.*60 frames in \d+ fragments? \(2 s\) were not acknowledged within .* s of the end of the stream\. The last failure: .*PutMedia/,
      );
      assert.equal(code, 1);
      assert.deepEqual(await storedFrames(service, 'camera'), []);
    });
  }

  test(`${way}: a stream whose service is not there ends with an error, and not with exit code 0`, async (t) => {
    const env = pipelineEnvironment('http://127.0.0.1:9');
    const { code, stdout, stderr } = await startPipeline(t, way, words(CAMERA), env).finished;
    assert.match(stdout + stderr, /ERROR.*60 frames .* The last failure: .*ECONNREFUSED/);
    assert.equal(code, 1);
  });

  test(`${way}: on-loss=warning: it is reported in a warning, and the exit code is 0`, async (t) => {
    const env = pipelineEnvironment('http://127.0.0.1:9');
    const line = `${CAMERA} on-loss=warning`;
    const { code, stdout, stderr } = await startPipeline(t, way, words(line), env).finished;
    assert.match(stdout + stderr, /WARNING.*60 frames .* were not acknowledged/);
    assert.doesNotMatch(stdout + stderr, /ERROR: from/);
    assert.equal(code, 0);
  });
}
