// The looks at the service, over real sockets.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { Finding } from '../../../src/cli/doctor/findings/finding.ts';
import { runChecks } from '../../../src/cli/doctor/findings/run-checks.ts';
import { credentialsFinding } from '../../../src/cli/doctor/service/permission-checks.ts';
import { serviceChecks } from '../../../src/cli/doctor/service/service-checks.ts';
import { type ServiceTarget, serviceWay } from '../../../src/cli/doctor/service/service-target.ts';
import { rateFinding } from '../../../src/cli/doctor/service/upload-check.ts';
import { createCa, pem } from '../../aws/certificates.ts';
import { json, type Respond, serve, streamInfo } from '../../aws/support.ts';
import { temporaryFolder } from '../../local/support/service.ts';

const ca = createCa('Office Inspection CA');
after(() => ca[Symbol.dispose]());

const KEYS = { AWS_ACCESS_KEY_ID: 'AKID', AWS_SECRET_ACCESS_KEY: 'SECRET' };
const LIMIT_MS = 10_000;

/** What all looks at the service find, by their checks. */
async function look(
  env: Record<string, string>,
  target: Partial<ServiceTarget> = {},
): Promise<ReadonlyMap<string, Finding>> {
  const full = { AWS_EC2_METADATA_DISABLED: 'true', HOME: '/nonexistent', ...env };
  const way = serviceWay({ credentials: {}, allowStreamCreation: true, ...target }, full);
  const found = new Map<string, Finding>();
  for await (const finding of runChecks(serviceChecks(way, full), LIMIT_MS)) {
    found.set(finding.check, finding);
  }
  (await way.catch(() => undefined))?.access.close();
  return found;
}

function assertFinding(
  found: ReadonlyMap<string, Finding>,
  check: string,
  expected: { status: Finding['status']; text?: RegExp; remedy?: RegExp },
): void {
  const finding = found.get(check);
  assert.equal(finding?.status, expected.status, `${check}: ${JSON.stringify(finding)}`);
  if (expected.text) assert.match(finding?.text ?? '', expected.text);
  if (expected.remedy) assert.match(finding?.remedy ?? '', expected.remedy);
}

/** A stream that is there, and its endpoint. */
function working(endpoint: () => URL): Respond {
  return (request, response) =>
    request.path === '/getDataEndpoint'
      ? json(response, 200, { DataEndpoint: endpoint().href })
      : streamInfo(request, response);
}

test('a service that works is ok in every respect', async () => {
  let url = new URL('http://localhost/');
  await using server = await serve(working(() => url));
  url = server.url;
  const found = await look(
    { ...KEYS, CONTROL_PLANE_URI: server.url.href, AWS_REGION: 'eu-west-1' },
    { streamName: 'cam' },
  );
  assertFinding(found, 'settings', { status: 'ok' });
  assertFinding(found, 'region', { status: 'ok', text: /eu-west-1 \(AWS_REGION\), at .*CONTROL_/ });
  assertFinding(found, 'service', { status: 'ok' });
  assertFinding(found, 'clock', { status: 'ok' });
  assertFinding(found, 'TLS', { status: 'skipped' });
  assertFinding(found, 'credentials', { status: 'ok', text: /From environment/ });
  assertFinding(found, 'DescribeStream', { status: 'ok', text: /cam is ACTIVE.*2 hours/ });
  assertFinding(found, 'GetDataEndpoint', { status: 'ok', text: /localhost:\d+/ });
  assert.equal(JSON.stringify([...found.values()]).includes('SECRET'), false);
});

test('a clock that is an hour behind the service’s is a problem', async () => {
  await using server = await serve((_, response) => {
    response.setHeader('Date', new Date(Date.now() + 3_600_000).toUTCString());
    response.end();
  });
  const found = await look({ ...KEYS, CONTROL_PLANE_URI: server.url.href });
  assertFinding(found, 'clock', {
    status: 'problem',
    text: /60 min behind the service.*more than 5 min off are refused\. kvssink corrects its own/,
    remedy: /timedatectl/,
  });
});

test('a clock that is a minute ahead is a warning', async () => {
  await using server = await serve((_, response) => {
    response.setHeader('Date', new Date(Date.now() - 60_000).toUTCString());
    response.end();
  });
  const found = await look({ ...KEYS, CONTROL_PLANE_URI: server.url.href });
  assertFinding(found, 'clock', { status: 'warning', text: /ahead of/ });
});

test('a certificate of a CA that is not trusted is a problem that names the signer', async () => {
  await using server = await serve(streamInfo, pem(ca.issue('localhost')));
  const found = await look({ ...KEYS, CONTROL_PLANE_URI: server.url.href });
  assertFinding(found, 'TLS', {
    status: 'problem',
    text: /Office Inspection CA/,
    remedy: /KVSSINK_CA_CERT_PATH/,
  });
  // Nothing is sent to whoever cannot be trusted.
  assert.equal(server.seen.length, 0);
});

test('a private CA that is trusted is ok, and named', async () => {
  await using server = await serve(streamInfo, pem(ca.issue('localhost')));
  const found = await look(
    { ...KEYS, CONTROL_PLANE_URI: server.url.href },
    { caFile: ca.cert, streamName: 'cam' },
  );
  assertFinding(found, 'TLS', { status: 'ok', text: /Office Inspection CA, a private CA/ });
});

test('a certificate that has expired blames the clock as well', async () => {
  const expired = pem(ca.issue('localhost', { expired: true }));
  await using server = await serve(streamInfo, expired);
  const found = await look({ ...KEYS, CONTROL_PLANE_URI: server.url.href }, { caFile: ca.cert });
  assertFinding(found, 'TLS', { status: 'problem', remedy: /timedatectl/ });
  assertFinding(found, 'clock', { status: 'problem', text: /certificate is not valid/ });
});

test('nobody at the service’s port is one problem, and the rest is skipped', async () => {
  const found = await look({ ...KEYS, CONTROL_PLANE_URI: 'http://127.0.0.1:1' });
  assertFinding(found, 'service', { status: 'problem', text: /ECONNREFUSED/, remedy: /port 1 / });
  for (const check of ['TLS', 'clock', 'DescribeStream', 'GetDataEndpoint']) {
    assertFinding(found, check, { status: 'skipped' });
  }
});

test('a name that cannot be resolved is a problem of DNS', async () => {
  const found = await look({ ...KEYS, CONTROL_PLANE_URI: 'https://kvs.invalid' });
  assertFinding(found, 'DNS', { status: 'problem', text: /kvs\.invalid/ });
});

test('a proxy that refuses is a problem of the proxy', async (t) => {
  const proxy = createServer((socket) => {
    socket.once('data', () => socket.end('HTTP/1.1 403 Forbidden\r\n\r\n'));
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  t.after(() => proxy.close());
  const address = proxy.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const found = await look({
    ...KEYS,
    AWS_REGION: 'eu-west-1',
    HTTPS_PROXY: `http://me:hidden@127.0.0.1:${port}`,
  });
  assertFinding(found, 'proxy', { status: 'ok', text: /127\.0\.0\.1:\d+ is used/ });
  assertFinding(found, 'service', { status: 'problem', text: /403/, remedy: /proxy/ });
  assert.equal(found.get('service')?.symptom, 'the-proxy-refuses');
  assert.equal(JSON.stringify([...found.values()]).includes('hidden'), false);
});

test('credentials that are nowhere say where they were looked for', async () => {
  await using server = await serve(streamInfo);
  const found = await look({ CONTROL_PLANE_URI: server.url.href });
  assertFinding(found, 'credentials', { status: 'problem', text: /AWS_ACCESS_KEY_ID/ });
  assertFinding(found, 'DescribeStream', { status: 'skipped', text: /no credentials/ });
});

test('a credential file that has expired is a problem', async (t) => {
  await using server = await serve(streamInfo);
  const path = join(temporaryFolder(t), 'credential');
  writeFileSync(path, 'CREDENTIALS ASIAEXPIREDEXPIRED 2020-01-01T00:00:00Z SECRET TOKEN\n');
  const found = await look(
    { CONTROL_PLANE_URI: server.url.href },
    { credentials: { credentialPath: path } },
  );
  assertFinding(found, 'credentials', { status: 'problem', text: /expired/ });
});

test('keys that the service refuses, and calls that it does not allow, are problems of their own', async () => {
  const refuse =
    (status: number, exception: string): Respond =>
    (_, response) =>
      json(response, status, { message: 'no' }, { 'x-amzn-errortype': exception });
  await using unknown = await serve(refuse(403, 'UnrecognizedClientException'));
  const invalid = await look(
    { ...KEYS, CONTROL_PLANE_URI: unknown.url.href },
    { streamName: 'cam' },
  );
  assertFinding(invalid, 'DescribeStream', { status: 'problem' });
  const symptom = 'security-token-invalid-or-no-credentials';
  assert.equal(invalid.get('DescribeStream')?.symptom, symptom);
  await using denying = await serve(refuse(403, 'AccessDeniedException'));
  const denied = await look(
    { ...KEYS, CONTROL_PLANE_URI: denying.url.href },
    { streamName: 'cam' },
  );
  assertFinding(denied, 'DescribeStream', {
    status: 'problem',
    remedy: /kinesisvideo:DescribeStream on stream\/cam/,
  });
});

test('of two calls the one that is not allowed is the problem, with the permission for it', async () => {
  await using server = await serve((request, response) =>
    request.path === '/getDataEndpoint'
      ? json(response, 403, { message: 'no' }, { 'x-amzn-errortype': 'AccessDeniedException' })
      : streamInfo(request, response),
  );
  const found = await look({ ...KEYS, CONTROL_PLANE_URI: server.url.href }, { streamName: 'cam' });
  assertFinding(found, 'DescribeStream', { status: 'ok' });
  assertFinding(found, 'GetDataEndpoint', {
    status: 'problem',
    remedy: /kinesisvideo:GetDataEndpoint on stream\/cam/,
  });
});

test('a stream that retains nothing is a warning, with the command that changes it', async () => {
  await using server = await serve((_, response) =>
    json(response, 200, {
      StreamInfo: {
        ...{ StreamName: 'cam', StreamARN: 'arn:cam', Status: 'ACTIVE', Version: 'v' },
        DataRetentionInHours: 0,
      },
    }),
  );
  const found = await look({ ...KEYS, CONTROL_PLANE_URI: server.url.href }, { streamName: 'cam' });
  assertFinding(found, 'DescribeStream', {
    status: 'warning',
    remedy: /^kvs-launch streams retention cam --set 24$/,
  });
});

test('a setting that cannot work is one problem, and the looks that need it are skipped', async () => {
  const wrong = [
    { HTTPS_PROXY: 'ftp://proxy' },
    { AWS_REGION: 'no region!' },
    { CONTROL_PLANE_URI: 'http://example.com' },
  ];
  for (const env of wrong) {
    const found = await look({ ...KEYS, ...env });
    assertFinding(found, 'settings', { status: 'problem' });
    assert.notEqual(found.get('settings')?.remedy, undefined);
    const others = [...found.values()].filter(({ check }) => check !== 'settings');
    assert.deepEqual([...new Set(others.map(({ status }) => status))], ['skipped']);
  }
});

test('no setting that names a region is a warning', async () => {
  const found = await look(KEYS);
  assertFinding(found, 'region', { status: 'warning', text: /us-west-2 is the default/ });
});

test('temporary keys need their token, and somebody who renews them', () => {
  const key = { accessKeyId: 'ASIAIOSFODNN7EXAMPLE', source: 'environment' };
  assert.equal(credentialsFinding(key).status, 'problem');
  assert.equal(credentialsFinding({ ...key, sessionToken: 't' }).status, 'warning');
  const renewed = { ...key, sessionToken: 't', source: 'role:x' };
  const expiration = new Date(Date.now() + 600_000);
  assert.match(credentialsFinding({ ...renewed, expiration }).text, /until .*10 min/);
});

test('a line that is barely faster than the stream is a warning', () => {
  assert.equal(rateFinding(10e6, undefined).status, 'ok');
  assert.equal(rateFinding(10e6, 2e6).status, 'ok');
  assert.equal(rateFinding(2.2e6, 2e6).status, 'warning');
});
