import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { test } from 'node:test';
import { connect } from 'node:tls';
import type { LocalService } from '../../../src/local/options.ts';
import { runLocal } from '../../../src/local/run.ts';
import { startLocalService } from '../../../src/local/service.ts';
import { call } from '../support/client.ts';
import { startService, temporaryFolder } from '../support/service.ts';

/** An address of this machine under which a connection does not come from loopback. */
const outside = Object.values(networkInterfaces())
  .flatMap((list) => list ?? [])
  .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
const skip = outside === undefined ? 'this machine has no address but loopback' : false;

function keyOf(service: LocalService): { accessKeyId: string; secretAccessKey: string } {
  const text = readFileSync(service.credentialsFile ?? '', 'utf8');
  return {
    accessKeyId: /aws_access_key_id = (\S+)/.exec(text)?.[1] ?? '',
    secretAccessKey: /aws_secret_access_key = (\S+)/.exec(text)?.[1] ?? '',
  };
}

test('from another machine the local key opens nothing, and the own key everything', {
  skip,
}, async (t) => {
  const service = await startService(t, { host: '0.0.0.0', tlsPort: 0 });
  const { port } = new URL(service.tlsUrl ?? '');
  const url = `https://${outside}:${port}`;
  const ca = readFileSync(service.caFile ?? '', 'utf8');
  const known = await call(url, '/listStreams', {}, { ca });
  assert.deepEqual([known.status, known.errorType], [403, 'UnrecognizedClientException']);
  assert.equal((await call(url, '/listStreams', {}, { ca, ...keyOf(service) })).status, 200);
  // On this machine both work.
  assert.equal((await call(service.tlsUrl ?? '', '/listStreams', {}, { ca })).status, 200);
  assert.equal((await call(service.url, '/listStreams', {}, keyOf(service))).status, 200);
});

test('the own key stays the same, and is for its owner to read', async (t) => {
  const dataDir = temporaryFolder(t);
  const options = { dataDir, host: '0.0.0.0', tlsPort: 0 };
  const first = await startLocalService(options);
  const key = keyOf(first);
  const file = first.credentialsFile ?? '';
  assert.equal(statSync(file).mode & 0o777, 0o600);
  await first.close();
  chmodSync(file, 0o644);
  const second = await startLocalService(options);
  assert.deepEqual(keyOf(second), key);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  await second.close();
  writeFileSync(file, '[default]\n');
  await assert.rejects(startLocalService(options), /credentials has no access key: repair it/);
});

test('a service that nobody else can reach makes no key', async (t) => {
  const service = await startService(t, { tlsPort: 0 });
  assert.equal(service.credentialsFile, undefined);
});

test('the start tells who can reach the service, and with which key', async (t) => {
  const print = async (options: object): Promise<string> => {
    let printed = '';
    const service = await runLocal({
      dataDir: temporaryFolder(t),
      env: {},
      print: (text) => {
        printed += text;
      },
      ...options,
    });
    await service.close();
    return printed.replaceAll(service.dataDir, 'DATA');
  };
  assert.match(await print({}), /^ {2}open to {3}this machine alone$/m);
  const open = await print({ host: '0.0.0.0', tlsPort: 0, names: ['box.lan'] });
  assert.match(
    open,
    /^ {2}open to {3}other machines, with the access key in DATA\/credentials, at https/m,
  );
  assert.doesNotMatch(open, /aws_secret/);
});

test('a name that was added is in the certificate', async (t) => {
  const service = await startService(t, { tlsPort: 0, names: ['box.lan'] });
  const ca = readFileSync(service.caFile ?? '', 'utf8');
  const port = Number(new URL(service.tlsUrl ?? '').port);
  const socket = connect({ port, host: '127.0.0.1', ca, servername: 'box.lan' });
  await once(socket, 'secureConnect');
  assert.equal(socket.authorizationError, null);
  socket.destroy();
});
