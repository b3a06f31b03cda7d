import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { createSecureContext, rootCertificates } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { createAgents } from '../../src/aws/network/agents.ts';
import { sharedTrust } from '../../src/aws/network/shared-trust.ts';
import {
  addedCertificates,
  firstCertificates,
  type MachineStore,
} from '../../src/aws/network/trust.ts';
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
  const first = sharedTrust({ env: {}, caFile: path });
  assert.equal(sharedTrust({ env: { KVSSINK_CA_CERT_PATH: path } }), first);
  assert.notEqual(sharedTrust({ env: {} }), first);
  copyFileSync(otherCa.cert, path);
  assert.notEqual(sharedTrust({ env: {}, caFile: path }), first);
});

function storeOf(text: string): MachineStore {
  return { version: text, read: () => text };
}

test("a renewed file of the machine's store, also one of a folder, makes another TLS context", () => {
  const folder = join(ca.folder, 'store');
  mkdirSync(folder);
  const path = join(folder, 'a.pem');
  copyFileSync(ca.cert, path);
  for (const env of [{ SSL_CERT_FILE: path }, { SSL_CERT_DIR: folder }]) {
    const before = sharedTrust({ env });
    assert.equal(sharedTrust({ env }), before);
    writeFileSync(path, `renewed\n${readFileSync(path, 'latin1')}`);
    assert.notEqual(sharedTrust({ env }), before);
  }
});

test("of the machine's store, only what Node's own list does not have is added to it, and once", () => {
  const [first = '', second = ''] = rootCertificates;
  const folded = first
    .replaceAll('\n', '')
    .replace(/(-----BEGIN CERTIFICATE-----)|(?=-----END)/g, '$1\n');
  const own = readFileSync(ca.cert, 'utf8').trim();
  const machine = storeOf(`${second}\n${folded}\n${own}`);
  assert.deepEqual(addedCertificates({ machine, named: [own] }), [own]);
});

test("the first to vouch are Amazon's roots and what the user has named", () => {
  const own = readFileSync(ca.cert, 'utf8').trim();
  const machine = storeOf(readFileSync(otherCa.cert, 'utf8'));
  const subjects = firstCertificates({ machine, named: [own] }).map(
    (certificate) => /^CN=(.*)$/m.exec(new X509Certificate(certificate).subject)?.[1],
  );
  assert.deepEqual(subjects.toSorted(), [
    'Amazon Root CA 1',
    'Amazon Root CA 3',
    'Private Test CA',
  ]);
});

/** The plugin's host runs so: at first, few CAs vouch there. */
const HOST_OPTION = '--use-openssl-ca';
const isHost = process.execArgv.includes(HOST_OPTION);
/** Node 20 without that option has all CAs from the beginning. */
const isEarly = isHost || Number.parseInt(process.versions.node, 10) >= 22;

/** A machine's store that no other test has asked: trust is shared by content. */
function newStore(pair = ca): { SSL_CERT_FILE: string } {
  stores += 1;
  const path = join(ca.folder, `store-${stores}.pem`);
  writeFileSync(path, `${stores}\n${readFileSync(pair.cert, 'latin1')}`);
  return { SSL_CERT_FILE: path };
}
let stores = 0;

test("a CA of the machine's store is asked once the first ones have not vouched, and no request is lost", async () => {
  await using server = await serve(streamInfo, good);
  let refusals = 0;
  server.server.on('tlsClientError', () => {
    refusals += 1;
  });
  const plane = planeWith(server.url, newStore());
  const calls = [1, 2, 3].map(() => plane.createStream({ streamName: 'cam', retentionHours: 2 }));
  await Promise.all(calls.map((call) => call.catch(() => {})));
  assert.equal(server.seen.length, 3);
  assert.equal(refusals > 0, isEarly);
  const before = refusals;
  assert.equal((await plane.describeStream({ streamName: 'cam' })).status, 'ACTIVE');
  plane.close();
  assert.equal(refusals, before);
});

test('the first CAs that vouched for a service do for names below its own, and others need all', () => {
  const agents = createAgents({ env: newStore(otherCa), log: silentLogger });
  const service = new URL('https://kinesisvideo.eu-west-1.amazonaws.com/');
  agents.early(service).answered();
  agents.agentFor(new URL('http://elsewhere.example/'));
  agents.agentFor(service);
  agents.agentFor(new URL('https://s-1.kinesisvideo.eu-west-1.amazonaws.com/'));
  assert.equal(agents.early(service).trustAll !== undefined, isEarly);
  agents.agentFor(new URL('https://otherkinesisvideo.eu-west-1.amazonaws.com/'));
  assert.equal(agents.early(service).trustAll, undefined);
  agents.close();
});

test('connections that are for others to use have all CAs', () => {
  const agents = createAgents({ env: newStore(), log: silentLogger });
  const service = new URL('https://kinesisvideo.eu-west-1.amazonaws.com/');
  assert.equal(agents.early(service).trustAll !== undefined, isEarly);
  agents.tlsOptions();
  assert.equal(agents.early(service).trustAll, undefined);
  agents.close();
});

/** Counts what is added to TLS contexts: of the first trust, and of all. */
function addedToContexts(t: TestContext): { first: number; all: ReadonlySet<string> } {
  const native = Object.getPrototypeOf(createSecureContext({ ca: [] }).context) as {
    addCACert(pem: string): void;
  };
  const add = t.mock.method(native, 'addCACert').mock;
  const trust = sharedTrust({ env: newStore() });
  const first = add.callCount();
  trust.complete();
  return { first, all: new Set(add.calls.map((call) => String(call.arguments[0]).trim())) };
}

test('a host parses two CAs at first, and each that is trusted once there is need of them', (t) => {
  const own = readFileSync(ca.cert, 'latin1').trim();
  const { first, all } = addedToContexts(t);
  assert.equal(first, isEarly ? 2 : 1);
  assert.ok(all.has(own));
  const missing = rootCertificates.filter((pem) => !all.has(pem.trim()));
  // Node 20 has its own list without anybody's help.
  assert.equal(missing.length, isEarly ? 0 : rootCertificates.length);
});

test("all of this holds in the plugin's host", { skip: isHost }, () => {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const outcome = spawnSync(
    process.execPath,
    [...process.execArgv, HOST_OPTION, fileURLToPath(import.meta.url)],
    { env, encoding: 'utf8' },
  );
  assert.equal(outcome.status, 0, outcome.stdout);
  assert.match(outcome.stdout, /pass [1-9]/);
});
