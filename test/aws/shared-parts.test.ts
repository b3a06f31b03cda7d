import assert from 'node:assert/strict';
import { copyFileSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { type AccessSettings, createAwsAccess } from '../../src/aws/aws-access.ts';
import { SharedParts } from '../../src/aws/shared-parts.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { type Logger, silentLogger } from '../../src/runtime/logger.ts';
import { createCa, pem } from './certificates.ts';
import { json, rejection, serve, streamInfo } from './support.ts';

const ca = createCa('Private Test CA');
const otherCa = createCa('Another CA');
after(() => {
  ca[Symbol.dispose]();
  otherCa[Symbol.dispose]();
});
const tls = pem(ca.issue('localhost'));

/** A way to AWS as an element opens it. */
function open(endpoint: URL, more: Partial<AccessSettings> = {}) {
  return createAwsAccess({
    credentials: { accessKey: 'AKID', secretKey: 'SECRET' },
    endpoint: endpoint.href,
    region: 'us-west-2',
    connectTimeoutMs: 5_000,
    completionTimeoutMs: 10_000,
    env: {},
    clock: systemClock,
    random: Math.random,
    log: silentLogger,
    ...more,
  });
}

/** A logger that keeps its messages. */
function keeping(): { log: Logger; messages: string[] } {
  const messages: string[] = [];
  const write = (message: string) => messages.push(message);
  const log: Logger = { error: write, warn: write, info: write, debug: write, child: () => log };
  return { log, messages };
}

test('streams that share follow one another on one kept connection, and resume its TLS session', async () => {
  await using server = await serve(streamInfo, tls);
  const resumed: boolean[] = [];
  server.server.on('secureConnection', (socket: TLSSocket) => {
    resumed.push(socket.isSessionReused());
  });
  const shared = new SharedParts();
  const openOne = () => open(server.url, { shared, caFile: ca.cert });
  const first = await openOne();
  const second = await openOne();
  await first.controlPlane.describeStream({ streamName: 'a' });
  first.close();
  await second.controlPlane.describeStream({ streamName: 'b' });
  assert.deepEqual(resumed, [false]);
  // A PutMedia has a connection of its own.
  for (const access of [second, await openOne(), second]) {
    await new Promise<void>((resolve, reject) => {
      const request = get(server.url, { agent: access.agents.agentFor(server.url) }, (response) => {
        response.resume().on('end', resolve);
      });
      request.on('error', reject);
    });
  }
  second.close();
  assert.deepEqual(resumed, [false, false, true, true]);
});

test('a renewed CA file counts for who comes later, also while others still stream', async () => {
  await using server = await serve(streamInfo, tls);
  const caFile = join(ca.folder, 'renewed-while-streaming.pem');
  copyFileSync(otherCa.cert, caFile);
  const shared = new SharedParts();
  const early = await open(server.url, { shared, caFile });
  await rejection(early.controlPlane.describeStream({ streamName: 'cam' }));
  copyFileSync(ca.cert, caFile);
  const late = await open(server.url, { shared, caFile });
  assert.equal((await late.controlPlane.describeStream({ streamName: 'cam' })).status, 'ACTIVE');
  early.close();
  late.close();
});

/** A container's endpoint whose keys never run out, numbered; it refuses while `isDown`. */
async function numberedKeys() {
  const state = { isDown: false, asked: 0 };
  const server = await serve((_, response) => {
    state.asked += 1;
    if (state.isDown) {
      json(response, 400, { message: 'down for the test' });
    } else {
      json(response, 200, {
        AccessKeyId: `KEY${state.asked}`,
        SecretAccessKey: 'secret',
        Token: 'token',
        Expiration: new Date(Date.now() + 3_600_000).toISOString(),
      });
    }
  });
  return { server, state };
}

/** The SDK's provider for containers reads the process's own environment. */
function inContainer(url: URL): Disposable & { env: Record<string, string> } {
  const env = { AWS_CONTAINER_CREDENTIALS_FULL_URI: new URL('/creds', url).href };
  Object.assign(process.env, env);
  return {
    env: { ...env, AWS_CONFIG_FILE: '/nonexistent', AWS_SHARED_CREDENTIALS_FILE: '/nonexistent' },
    [Symbol.dispose]: () => {
      delete process.env['AWS_CONTAINER_CREDENTIALS_FULL_URI'];
    },
  };
}

const nowhere = new URL('http://127.0.0.1:1/');

test('thirty streams fetch their credentials once, and renew them once when all are refused', async () => {
  const { server, state } = await numberedKeys();
  await using _ = server;
  using container = inContainer(server.url);
  const shared = new SharedParts();
  const logs = Array.from({ length: 30 }, keeping);
  const settings = { shared, credentials: {}, env: container.env };
  const streams = await Promise.all(logs.map(({ log }) => open(nowhere, { ...settings, log })));
  const keys = await Promise.all(streams.map(({ credentials }) => credentials.get()));
  assert.deepEqual(new Set(keys.map(({ accessKeyId }) => accessKeyId)), new Set(['KEY1']));
  // One after the other hears that these keys are not accepted any more.
  for (const { credentials } of streams) {
    assert.equal((await credentials.get({ forceRefresh: true })).accessKeyId, 'KEY2');
  }
  assert.equal(state.asked, 2);
  // The log of each stream has it.
  for (const { messages } of logs) {
    assert.equal(messages.filter((message) => message === 'credentials fetched').length, 2);
  }
  for (const stream of streams) stream.close();
});

test('a failed refresh is told to each stream, and to none that has ended', async () => {
  const { server, state } = await numberedKeys();
  await using _ = server;
  using container = inContainer(server.url);
  const shared = new SharedParts();
  const told: string[] = [];
  const openAs = (name: string) =>
    open(nowhere, {
      shared,
      credentials: {},
      env: container.env,
      onRefreshFailed: ({ validForMs }) => {
        assert.ok(validForMs > 0);
        told.push(name);
      },
    });
  const [a, b, ended] = await Promise.all(['a', 'b', 'ended'].map(openAs));
  assert.ok(a !== undefined && b !== undefined && ended !== undefined);
  await a.credentials.get();
  ended.close();
  state.isDown = true;
  await rejection(a.credentials.get({ forceRefresh: true }));
  assert.deepEqual(told, ['a', 'b']);
  // What is held still serves, and the first to end ends it for nobody else.
  a.close();
  assert.equal((await b.credentials.get()).accessKeyId, 'KEY1');
  b.close();
});

test('who comes after the last has ended starts anew', async () => {
  const { server, state } = await numberedKeys();
  await using _ = server;
  using container = inContainer(server.url);
  const shared = new SharedParts();
  for (const expected of ['KEY1', 'KEY2']) {
    const access = await open(nowhere, { shared, credentials: {}, env: container.env });
    assert.equal((await access.credentials.get()).accessKeyId, expected);
    access.close();
    access.close();
  }
  assert.equal(state.asked, 2);
});

test('each identity has its own credentials, and finds them as it would alone', async () => {
  const folder = ca.folder;
  const keys = join(folder, 'keys-that-come-later');
  const env = { AWS_SHARED_CREDENTIALS_FILE: keys, AWS_CONFIG_FILE: '/nonexistent' };
  const shared = new SharedParts();
  const used = async (credentials: AccessSettings['credentials'], streamName = 'cam') => {
    const access = await open(nowhere, { shared, credentials, streamName, env });
    return access.credentials;
  };
  const own = await used({ accessKey: 'AKID', secretKey: 'SECRET' });
  const other = await used({ accessKey: 'AKID2', secretKey: 'SECRET2' });
  assert.equal((await own.get()).accessKeyId, 'AKID');
  assert.equal((await other.get()).accessKeyId, 'AKID2');
  // Whoever started before the file was there goes on without it.
  await rejection((await used({ profile: 'door' })).get());
  writeFileSync(keys, '[door]\naws_access_key_id = DOOR\naws_secret_access_key = s\n');
  assert.equal((await (await used({ profile: 'door' })).get()).accessKeyId, 'DOOR');
  rmSync(keys);
});

test('each thing fetches credentials of its own', async () => {
  await using server = await serve(
    (_, response) =>
      json(response, 200, {
        credentials: {
          accessKeyId: 'THING',
          secretAccessKey: 'secret',
          sessionToken: 'token',
          expiration: new Date(Date.now() + 3_600_000).toISOString(),
        },
      }),
    tls,
  );
  const { cert, key } = ca.issue('device');
  const iotCertificate = {
    endpoint: server.url.host,
    'cert-path': cert,
    'key-path': key,
    'ca-path': ca.cert,
    'role-aliases': 'alias',
  };
  const shared = new SharedParts();
  for (const streamName of ['front', 'back', 'front']) {
    const access = await open(nowhere, { shared, credentials: { iotCertificate }, streamName });
    await access.credentials.get();
  }
  assert.deepEqual(
    server.seen.map(({ headers }) => headers['x-amzn-iot-thingname']),
    ['front', 'back'],
  );
});
