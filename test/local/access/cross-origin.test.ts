import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { SignatureV4 } from '@smithy/signature-v4';
import { parseOrigin } from '../../../src/local/access/access-policy.ts';
import {
  LOCAL_ACCESS_KEY_ID,
  LOCAL_SECRET_ACCESS_KEY,
} from '../../../src/local/sigv4/credential-store.ts';
import { skipWithoutChromium as skip, startChromium } from '../support/chromium.ts';
import { createStream, Sha256, sign } from '../support/client.ts';
import { startService } from '../support/service.ts';

const ELSEWHERE = 'https://elsewhere.example';

function headersOf(site: string, more: Record<string, string> = {}): Record<string, string> {
  return {
    'sec-fetch-site': site,
    'sec-fetch-mode': 'no-cors',
    'sec-fetch-dest': 'video',
    ...more,
  };
}

test("what a browser sends for another site's page is refused, whatever it asks for", async (t) => {
  const { url } = await startService(t);
  await createStream(url, 'demo');
  const body = '{}';
  const signed = await sign(new URL('/listStreams', url), {}, Buffer.from(body));
  for (const [method, path, headers] of [
    ['GET', '/live/demo.mp4', headersOf('cross-site')],
    ['GET', '/api/streams', headersOf('same-site')],
    [
      'GET',
      '/',
      headersOf('cross-site', { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' }),
    ],
    ['GET', '/api/streams', { origin: ELSEWHERE }],
    ['GET', '/api/streams', { origin: 'null' }],
    ['POST', '/listStreams', { ...signed, origin: ELSEWHERE }],
    ['POST', '/listStreams', { ...signed, ...headersOf('cross-site') }],
    ['OPTIONS', '/listStreams', { origin: ELSEWHERE, 'access-control-request-method': 'POST' }],
  ] as const) {
    const answer = await fetch(new URL(path, url), {
      method,
      headers,
      ...(method === 'POST' ? { body } : {}),
    });
    assert.equal(answer.status, 401, `${method} ${path} ${JSON.stringify(headers)}`);
    assert.equal(answer.headers.get('access-control-allow-origin'), null);
  }
});

test('the own page, programs, and somebody who follows a link are let through', async (t) => {
  const { url } = await startService(t);
  const visit = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
  for (const headers of [
    {},
    { origin: url },
    headersOf('same-origin'),
    headersOf('none', visit),
    headersOf('cross-site', visit),
  ]) {
    // Not with fetch, which sets such headers itself.
    const [answer] = await once(get(url, { headers }), 'response');
    answer.resume();
    assert.equal(answer.statusCode, 200, JSON.stringify(headers));
  }
});

test('an allowed origin may ask, and reads results and exceptions', async (t) => {
  const { url } = await startService(t, { allowOrigins: [ELSEWHERE] });
  const asked = await fetch(new URL('/describeStream', url), {
    method: 'OPTIONS',
    headers: {
      origin: ELSEWHERE,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization,x-amz-date',
    },
  });
  assert.equal(asked.status, 204);
  assert.equal(asked.headers.get('access-control-allow-origin'), ELSEWHERE);
  assert.equal(asked.headers.get('access-control-allow-headers'), 'authorization,x-amz-date');
  assert.match(asked.headers.get('access-control-allow-methods') ?? '', /POST/);
  const body = JSON.stringify({ StreamName: 'missing' });
  const answer = await fetch(new URL('/describeStream', url), {
    method: 'POST',
    headers: {
      ...(await sign(new URL('/describeStream', url), {}, Buffer.from(body))),
      origin: ELSEWHERE,
    },
    body,
  });
  assert.equal(answer.headers.get('x-amzn-errortype'), 'ResourceNotFoundException');
  assert.equal(answer.headers.get('access-control-allow-origin'), ELSEWHERE);
  assert.match(answer.headers.get('access-control-expose-headers') ?? '', /x-amzn-errortype/);
  assert.equal(answer.headers.get('vary'), 'origin');
});

test('an origin that no browser would send is refused when the service starts', () => {
  assert.equal(parseOrigin('http://localhost:3000/'), 'http://localhost:3000');
  assert.equal(parseOrigin('https://Example.com:443'), 'https://example.com');
  for (const text of ['example.com', 'https://example.com/page', 'file:///x', '', 'http://']) {
    assert.throws(() => parseOrigin(text), RangeError, text);
  }
});

/** A page of another site: another port of this machine is another origin. */
async function otherSite(t: TestContext): Promise<string> {
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html').end('<title>elsewhere</title>');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** The URL that deletes a stream, signed in its query, so that a form may send it. */
async function presignedDelete(url: string, body: string): Promise<string> {
  const signer = new SignatureV4({
    service: 'kinesisvideo',
    region: 'us-west-2',
    credentials: { accessKeyId: LOCAL_ACCESS_KEY_ID, secretAccessKey: LOCAL_SECRET_ACCESS_KEY },
    sha256: Sha256,
    applyChecksum: false,
  });
  const { host, hostname } = new URL(url);
  const { query } = await signer.presign({
    method: 'POST',
    protocol: 'http:',
    hostname,
    path: '/deleteStream',
    query: {},
    headers: { host },
    body,
  });
  return `${url}/deleteStream?${new URLSearchParams(query as Record<string, string>)}`;
}

test("in a browser, another site's page cannot delete a stream, and an allowed one can", {
  skip,
}, async (t) => {
  const site = await otherSite(t);
  const { browser, close } = await startChromium();
  t.after(close);
  const page = await browser.newPage();
  await page.goto(site);
  for (const allowOrigins of [[], [site]]) {
    const { url, streams } = await startService(t, { allowOrigins });
    const StreamARN = await createStream(url, 'demo');
    const body = JSON.stringify({ StreamARN });
    const target = await presignedDelete(url, body);
    // A body of plain text is sent without asking, as a form's would be.
    const seen = await page.evaluate(
      ([to, text]) =>
        fetch(to, { method: 'POST', body: text, headers: { 'content-type': 'text/plain' } }).then(
          (answer) => answer.status,
          (error) => String(error),
        ),
      [target, body] as const,
    );
    const isAllowed = allowOrigins.length > 0;
    assert.equal(seen, isAllowed ? 200 : 'TypeError: Failed to fetch');
    assert.equal(streams.byName('demo') === undefined, isAllowed);
  }
});
