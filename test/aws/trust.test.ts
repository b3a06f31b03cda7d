import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { rootCertificates } from 'node:tls';
import { createAgents } from '../../src/aws/network/agents.ts';
import { sharedContext } from '../../src/aws/network/shared-context.ts';
import { trustedCertificates } from '../../src/aws/network/trust.ts';
import { silentLogger } from '../../src/runtime/logger.ts';
import { createCa, pem } from './certificates.ts';
import { controlPlaneFor, endpointOnly, rejection, serve, streamInfo } from './support.ts';

const ca = createCa('Private Test CA');
const otherCa = createCa('Another CA');
after(() => {
  ca[Symbol.dispose]();
  otherCa[Symbol.dispose]();
});
const good = pem(ca.issue('localhost'));

function planeWith(url: URL, env: Record<string, string>, caFile?: string) {
  return controlPlaneFor(url, {
    agents: createAgents({ env, log: silentLogger, caFile }),
    completionTimeoutMs: 20_000,
  });
}

async function describe(url: URL, env: Record<string, string>, caFile?: string) {
  const plane = planeWith(url, env, caFile);
  try {
    return await plane.describeStream({ streamName: 'cam' });
  } finally {
    plane.close();
  }
}

test('a private CA is trusted by KVSSINK_CA_CERT_PATH as a file', async () => {
  await using server = await serve(streamInfo, good);
  const { status } = await describe(server.url, { KVSSINK_CA_CERT_PATH: ca.cert });
  assert.equal(status, 'ACTIVE');
});

test('a private CA is trusted by KVSSINK_CA_CERT_PATH as a folder', async () => {
  await using server = await serve(streamInfo, good);
  const folder = join(ca.folder, 'trusted');
  mkdirSync(folder);
  copyFileSync(ca.cert, join(folder, '0a1b2c3d.0'));
  writeFileSync(join(folder, 'README'), 'no certificate');
  const { status } = await describe(server.url, { KVSSINK_CA_CERT_PATH: folder });
  assert.equal(status, 'ACTIVE');
});

test('a private CA is trusted by the ca-file property and by NODE_EXTRA_CA_CERTS', async () => {
  await using server = await serve(streamInfo, good);
  assert.equal((await describe(server.url, {}, ca.cert)).status, 'ACTIVE');
  assert.equal((await describe(server.url, { NODE_EXTRA_CA_CERTS: ca.cert })).status, 'ACTIVE');
});

test("a CA installed in the machine's store is trusted", async () => {
  await using server = await serve(streamInfo, good);
  assert.equal((await describe(server.url, { SSL_CERT_FILE: ca.cert })).status, 'ACTIVE');
});

test('a CA nobody trusts is refused, with what to do about it', async () => {
  await using server = await serve(streamInfo, good);
  const error = await rejection(describe(server.url, { KVSSINK_CA_CERT_PATH: otherCa.cert }));
  assert.equal(error.code, 'STATUS_SERVICE_CALL_NOT_AUTHORIZED_ERROR');
  assert.equal(error.failure?.kind, 'tls');
  assert.match(error.message, /DescribeStream got no answer from localhost:\d+/);
  assert.match(error.advice, /KVSSINK_CA_CERT_PATH/);
  assert.equal(server.seen.length, 0);
});

test('a certificate for another host is refused', async () => {
  const wrong = pem(ca.issue('elsewhere', { altNames: 'DNS:elsewhere.example' }));
  await using server = await serve(streamInfo, wrong);
  const error = await rejection(describe(server.url, { KVSSINK_CA_CERT_PATH: ca.cert }));
  assert.equal(error.failure?.exception, 'ERR_TLS_CERT_ALTNAME_INVALID');
  assert.match(error.advice, /another host name/);
  assert.equal(server.seen.length, 0);
});

test('an expired certificate is refused', async () => {
  const expired = pem(ca.issue('localhost', { expired: true }));
  await using server = await serve(streamInfo, expired);
  const error = await rejection(describe(server.url, { KVSSINK_CA_CERT_PATH: ca.cert }));
  assert.equal(error.failure?.exception, 'CERT_HAS_EXPIRED');
  assert.match(error.advice, /clock/);
});

test('TLS 1.1 is refused', async () => {
  await using server = await serve(streamInfo, {
    ...good,
    minVersion: 'TLSv1',
    maxVersion: 'TLSv1.1',
    ciphers: 'DEFAULT:@SECLEVEL=0',
  });
  const error = await rejection(describe(server.url, { KVSSINK_CA_CERT_PATH: ca.cert }));
  assert.equal(error.failure?.kind, 'tls');
  assert.equal(server.seen.length, 0);
});

test('NODE_TLS_REJECT_UNAUTHORIZED=0 does not switch verification off, and is warned of', async (t) => {
  const warnings: string[] = [];
  // Node's own warning, at the first connection.
  t.mock.method(process, 'emitWarning', () => {});
  const before = process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
  process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
  t.after(() => {
    if (before === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before;
  });
  await using server = await serve(streamInfo, good);
  const log = { ...silentLogger, warn: (message: string) => void warnings.push(message) };
  const plane = controlPlaneFor(server.url, { agents: createAgents({ env: process.env, log }) });
  const error = await rejection(plane.describeStream({ streamName: 'cam' }));
  plane.close();
  assert.equal(error.failure?.kind, 'tls');
  assert.equal(server.seen.length, 0);
  assert.match(warnings.join(), /NODE_TLS_REJECT_UNAUTHORIZED=0 is ignored/);
});

test('a CA path that cannot be read, or holds no certificate, names itself', async () => {
  const missing = await rejection(
    describe(new URL('https://localhost:1/'), { KVSSINK_CA_CERT_PATH: '/nowhere/ca.pem' }),
  );
  assert.equal(missing.code, 'STATUS_INVALID_CA_CERT_PATH');
  assert.match(missing.message, /KVSSINK_CA_CERT_PATH names \/nowhere\/ca\.pem/);
  const empty = join(ca.folder, 'empty.pem');
  writeFileSync(empty, '');
  const none = await rejection(describe(new URL('https://localhost:1/'), {}, empty));
  assert.equal(none.code, 'STATUS_INVALID_CA_CERT_PATH');
  assert.match(none.message, /ca-file names .*no PEM certificate/);
});

test('a CA file that appears later is used by the next call', async () => {
  await using server = await serve(streamInfo, good);
  const path = join(ca.folder, 'later.pem');
  const plane = planeWith(server.url, { KVSSINK_CA_CERT_PATH: path });
  await rejection(plane.describeStream({ streamName: 'cam' }));
  copyFileSync(ca.cert, path);
  assert.equal((await plane.describeStream({ streamName: 'cam' })).status, 'ACTIVE');
  plane.close();
});

test('a renewed CA file is read when the element starts again', async () => {
  await using server = await serve(streamInfo, good);
  const path = join(ca.folder, 'renewed.pem');
  copyFileSync(otherCa.cert, path);
  await rejection(describe(server.url, { KVSSINK_CA_CERT_PATH: path }));
  copyFileSync(ca.cert, path);
  const { status } = await describe(server.url, { KVSSINK_CA_CERT_PATH: path });
  assert.equal(status, 'ACTIVE');
});

test('control calls reuse their connection', async () => {
  await using server = await serve(endpointOnly('https://s-1.example.com'), good);
  let connections = 0;
  server.server.on('secureConnection', () => {
    connections += 1;
  });
  const plane = planeWith(server.url, { KVSSINK_CA_CERT_PATH: ca.cert });
  await plane.getDataEndpoint({ streamName: 'cam' });
  await plane.getDataEndpoint({ streamName: 'cam' });
  plane.close();
  assert.equal(connections, 1);
});

test('streams that trust the same share one TLS context, and a renewed file makes another', () => {
  const path = join(ca.folder, 'shared.pem');
  copyFileSync(ca.cert, path);
  const first = sharedContext({ env: {}, caFile: path });
  assert.equal(sharedContext({ env: { KVSSINK_CA_CERT_PATH: path } }), first);
  assert.notEqual(sharedContext({ env: {} }), first);
  copyFileSync(otherCa.cert, path);
  assert.notEqual(sharedContext({ env: {}, caFile: path }), first);
});

test("Node's own list and the machine's store are trusted together, each certificate once", () => {
  const [first = '', second = '', ...others] = rootCertificates;
  const folded = first
    .replaceAll('\n', '')
    .replace(/(-----BEGIN CERTIFICATE-----)|(?=-----END)/g, '$1\n');
  const own = readFileSync(ca.cert, 'utf8').trim();
  const { onlyNodes, added } = trustedCertificates([`${second}\n${folded}\n${own}`, own]);
  assert.deepEqual(added, [own]);
  assert.deepEqual(onlyNodes, others);
});

/** What is added to a new TLS context by a Node with these options. */
function addedBy(options: readonly string[]): { added: number; nodes: number } {
  const script = `
    import { createSecureContext, rootCertificates } from 'node:tls';
    import { sharedContext } from '${new URL('../../src/aws/network/shared-context.js', import.meta.url)}';
    const native = Object.getPrototypeOf(createSecureContext().context);
    const add = native.addCACert;
    let added = 0;
    native.addCACert = function (pem) { added += 1; return add.call(this, pem); };
    sharedContext({ env: { SSL_CERT_FILE: '${ca.cert}' } });
    console.log(JSON.stringify({ added, nodes: rootCertificates.length }));`;
  const args = [...options, '--input-type=module', '--eval', script];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' }));
}

test("only what Node's own list does not have is added to it one by one", () => {
  assert.equal(addedBy([]).added, 1);
});

test("Node's own list is trusted too where Node is told to trust OpenSSL's store", () => {
  const { added, nodes } = addedBy(['--use-openssl-ca']);
  assert.equal(added, nodes + 1);
});
