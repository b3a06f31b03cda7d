import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { tlsMaterial } from '../../../src/local/tls/server-identity.ts';
import { call, createStream } from '../support/client.ts';
import { h264Document } from '../support/media.ts';
import { putDocument } from '../support/put-media.ts';
import { startService, temporaryFolder } from '../support/service.ts';

const DAY_MS = 24 * 3_600_000;

test('OpenSSL verifies the certificate strictly, for its names and addresses', async (t) => {
  const folder = temporaryFolder(t);
  const names = ['localhost', '127.0.0.1', '::1', 'fe80::1:2', 'box.example'];
  const { caFile } = await tlsMaterial(folder, names, Date.now());
  for (const name of names) {
    const check = /^[\d.]+$|:/.test(name) ? '-verify_ip' : '-verify_hostname';
    const said = execFileSync('openssl', [
      ...['verify', '-x509_strict', '-purpose', 'sslserver', '-CAfile', caFile, check, name],
      join(folder, 'server.pem'),
    ]);
    assert.match(String(said), /OK/);
  }
  assert.throws(() =>
    execFileSync(
      'openssl',
      ['verify', '-CAfile', caFile, '-verify_hostname', 'other', join(folder, 'server.pem')],
      { stdio: 'pipe' },
    ),
  );
  assert.equal(statSync(join(folder, 'ca-key.pem')).mode & 0o077, 0);
});

test('the authority stays; the certificate is renewed for new names, and before it runs out', async (t) => {
  const folder = temporaryFolder(t);
  const now = Date.now();
  const first = await tlsMaterial(folder, ['localhost'], now);
  const ca = readFileSync(first.caFile, 'utf8');
  assert.equal((await tlsMaterial(folder, ['localhost'], now)).cert, first.cert);

  const named = await tlsMaterial(folder, ['localhost', 'box.example'], now);
  assert.notEqual(named.cert, first.cert);
  assert.ok(new X509Certificate(named.cert).checkHost('box.example'));

  const later = await tlsMaterial(folder, ['localhost'], now + 380 * DAY_MS);
  assert.notEqual(later.cert, named.cert);
  assert.equal(readFileSync(first.caFile, 'utf8'), ca);

  writeFileSync(join(folder, 'server-key.pem'), 'damaged');
  const repaired = await tlsMaterial(folder, ['localhost'], now);
  assert.ok(new X509Certificate(repaired.cert).verify(new X509Certificate(ca).publicKey));
});

test('the whole API works over https, and GetDataEndpoint stays there', async (t) => {
  const { tlsUrl, caFile } = await startService(t, { tlsPort: 0 });
  assert.ok(tlsUrl && caFile);
  const ca = readFileSync(caFile, 'utf8');
  const created = await call(
    tlsUrl,
    '/createStream',
    { StreamName: 'demo', DataRetentionInHours: 1 },
    { ca },
  );
  assert.equal(created.status, 200);
  const endpoint = await call(
    tlsUrl,
    '/getDataEndpoint',
    { StreamName: 'demo', APIName: 'PUT_MEDIA' },
    { ca },
  );
  assert.equal(endpoint.body['DataEndpoint'], tlsUrl);
  const acks = await putDocument(tlsUrl, 'demo', h264Document(), { ca });
  assert.equal(acks.filter((ack) => ack.EventType === 'PERSISTED').length, 3);
  await assert.rejects(createStream(tlsUrl, 'other'), /certificate/);
});
