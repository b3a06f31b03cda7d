import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, request } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { after, test } from 'node:test';
import { createAgents } from '../../src/aws/network/agents.ts';
import { proxyFor } from '../../src/aws/network/proxy.ts';
import type { LogFields } from '../../src/runtime/logger.ts';
import { silentLogger } from '../../src/runtime/logger.ts';
import { createCa, pem } from './certificates.ts';
import { controlPlaneFor, rejection, serve, streamInfo } from './support.ts';

const ca = createCa('Private Test CA');
after(() => ca[Symbol.dispose]());
const HOST = 'kinesisvideo.us-west-2.amazonaws.com';
const tls = pem(ca.issue(HOST, { altNames: `DNS:${HOST}` }));

/** A proxy that tunnels every host to a port of this machine, as CONNECT asks. */
async function startProxy(targetPort: number, options: { password?: string } = {}) {
  const asked: { target: string; authorization: string | undefined }[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((_, response) => {
    response.writeHead(405).end();
  });
  server.on('connect', (incoming: IncomingMessage, client: Socket) => {
    const authorization = incoming.headers['proxy-authorization'];
    asked.push({ target: incoming.url ?? '', authorization });
    sockets.add(client);
    client.on('error', () => {});
    const wanted =
      options.password === undefined
        ? undefined
        : `Basic ${Buffer.from(options.password).toString('base64')}`;
    if (authorization !== wanted) {
      client.end('HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n');
      return;
    }
    const upstream = connect(targetPort, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.pipe(client).pipe(upstream);
    });
    sockets.add(upstream);
    upstream.on('error', () => client.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    asked,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

async function describe(env: Record<string, string>) {
  const lines: string[] = [];
  const line = (message: string, fields?: LogFields): void => {
    lines.push(`${message} ${JSON.stringify(fields ?? {})}`);
  };
  const log = { ...silentLogger, info: line, warn: line, debug: line, error: line };
  const agents = createAgents({ env: { KVSSINK_CA_CERT_PATH: ca.cert, ...env }, log });
  const plane = controlPlaneFor(new URL(`https://${HOST}/`), { agents, log });
  try {
    return { result: await plane.describeStream({ streamName: 'cam' }), lines };
  } finally {
    plane.close();
  }
}

test('control calls go through HTTPS_PROXY, and the service is verified through it', async () => {
  await using service = await serve(streamInfo, tls);
  await using proxy = await startProxy(service.port);
  const { result } = await describe({ HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` });
  assert.equal(result.status, 'ACTIVE');
  assert.equal(proxy.asked[0]?.target, `${HOST}:443`);
  assert.equal(service.seen[0]?.headers.host, HOST);
  const untrusted = await rejection(
    describe({ HTTPS_PROXY: `http://127.0.0.1:${proxy.port}`, KVSSINK_CA_CERT_PATH: '' }),
  );
  assert.equal(untrusted.failure?.kind, 'tls');
});

test("a proxy's user and password are sent to it alone and never logged", async () => {
  await using service = await serve(streamInfo, tls);
  await using proxy = await startProxy(service.port, { password: 'user:p@ss word' });
  const { lines } = await describe({
    https_proxy: `http://user:${encodeURIComponent('p@ss word')}@127.0.0.1:${proxy.port}`,
  });
  assert.equal(service.seen[0]?.headers['proxy-authorization'], undefined);
  assert.ok(lines.some((line) => line.includes('connections go through a proxy')));
  assert.doesNotMatch(lines.join(), /p@ss|p%40ss|dXNlcj/);
});

test('a proxy that wants a password says so, without repeating the wrong one', async () => {
  await using service = await serve(streamInfo, tls);
  await using proxy = await startProxy(service.port, { password: 'user:right' });
  const error = await rejection(
    describe({ HTTPS_PROXY: `http://user:wrong@127.0.0.1:${proxy.port}` }),
  );
  assert.equal(error.failure?.exception, 'PROXY_407');
  assert.match(
    error.message,
    /The proxy http:\/\/127\.0\.0\.1:\d+ refused the connection: HTTP 407/,
  );
  assert.doesNotMatch(error.describe(), /wrong/);
  assert.equal(service.seen.length, 0);
});

test('a proxy that is not there is named as what could not be reached', async () => {
  const error = await rejection(describe({ HTTPS_PROXY: 'http://127.0.0.1:1' }));
  assert.equal(error.failure?.kind, 'network');
  assert.match(error.message, /127\.0\.0\.1:1/);
});

test('PutMedia’s own connections go through the proxy too, with a chunked body', async () => {
  await using service = await serve((_, response) => response.end('ack'), tls);
  await using proxy = await startProxy(service.port);
  const agents = createAgents({
    env: { KVSSINK_CA_CERT_PATH: ca.cert, HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` },
    log: silentLogger,
  });
  const url = new URL(`https://${HOST}/putMedia`);
  const status = await new Promise<number | undefined>((resolve, reject) => {
    const outgoing = httpsRequest(
      url,
      { method: 'POST', agent: agents.agentFor(url), headers: { 'transfer-encoding': 'chunked' } },
      (incoming) => {
        incoming.resume();
        incoming.on('end', () => resolve(incoming.statusCode));
      },
    );
    outgoing.on('error', reject);
    outgoing.write('one');
    outgoing.end('two');
  });
  assert.equal(status, 200);
  assert.equal(service.seen[0]?.body, 'onetwo');
  assert.equal(proxy.asked[0]?.target, `${HOST}:443`);
});

test('this machine is never asked for through a proxy', async () => {
  await using service = await serve(streamInfo);
  const agents = createAgents({ env: { HTTP_PROXY: 'http://127.0.0.1:1' }, log: silentLogger });
  const status = await new Promise<number | undefined>((resolve, reject) => {
    request(service.url, { agent: agents.agentFor(service.url) }, (incoming) => {
      incoming.resume();
      incoming.on('end', () => resolve(incoming.statusCode));
    })
      .on('error', reject)
      .end();
  });
  assert.equal(status, 200);
});

for (const [list, url, isProxied] of [
  ['', 'https://a.amazonaws.com', true],
  ['*', 'https://a.amazonaws.com', false],
  ['.amazonaws.com', 'https://a.amazonaws.com', false],
  ['amazonaws.com', 'https://a.amazonaws.com', false],
  ['*.amazonaws.com', 'https://a.amazonaws.com', false],
  ['zonaws.com', 'https://a.amazonaws.com', true],
  ['other.example, a.amazonaws.com', 'https://a.amazonaws.com', false],
  ['a.amazonaws.com:8443', 'https://a.amazonaws.com', true],
  ['a.amazonaws.com:443', 'https://a.amazonaws.com', false],
  ['A.AmazonAWS.com', 'https://a.amazonaws.com', false],
  ['10.1.2.3', 'https://10.1.2.3', false],
  ['[fd00::1]', 'https://[fd00::1]:8443', false],
] as const) {
  test(`NO_PROXY="${list}" ${isProxied ? 'leaves' : 'takes'} ${url} ${isProxied ? 'to' : 'from'} the proxy`, () => {
    const proxy = proxyFor(new URL(url), { HTTPS_PROXY: 'proxy.example:3128', NO_PROXY: list });
    assert.equal(proxy?.origin, isProxied ? 'http://proxy.example:3128' : undefined);
  });
}

test('a proxy variable that is no URL is refused without repeating it', () => {
  assert.throws(
    () => proxyFor(new URL('https://a.example'), { HTTPS_PROXY: 'socks5://user:secret@host' }),
    (error: Error) => /HTTPS_PROXY is not/.test(error.message) && !/secret/.test(error.message),
  );
});
