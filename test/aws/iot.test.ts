import assert from 'node:assert/strict';
import { chmodSync, copyFileSync, writeFileSync } from 'node:fs';
import { createServer as createTcpServer } from 'node:net';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { createCredentialProvider } from '../../src/aws/credentials/create.ts';
import type { IotCertificate } from '../../src/aws/credentials/credential-settings.ts';
import { createAgents } from '../../src/aws/network/agents.ts';
import type { CredentialProvider } from '../../src/aws/signing/aws-credentials.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { silentLogger } from '../../src/runtime/logger.ts';
import { createCa, pem } from './certificates.ts';
import { json, type Respond, rejection, serve } from './support.ts';

const amazonCa = createCa('IoT endpoint CA');
const deviceCa = createCa('Device CA');
const strangerCa = createCa('Stranger CA');
after(() => {
  for (const ca of [amazonCa, deviceCa, strangerCa]) ca[Symbol.dispose]();
});
const device = deviceCa.issue('device-1', { altNames: 'DNS:device-1' });
const endpointTls = {
  ...pem(amazonCa.issue('localhost')),
  ca: [pem({ cert: deviceCa.cert, key: deviceCa.cert }).cert],
  requestCert: true,
  rejectUnauthorized: true,
};

function inAnHour(): string {
  return `${new Date(Date.now() + 3_600_000).toISOString().slice(0, 19)}Z`;
}

function answer(expiration: () => string): Respond {
  return (_, response) =>
    json(response, 200, {
      credentials: {
        accessKeyId: 'ASIAIOT',
        secretAccessKey: 'iot-secret',
        sessionToken: 'iot-token',
        expiration: expiration(),
      },
    });
}

function provider(port: number, fields: IotCertificate = {}): CredentialProvider {
  return createCredentialProvider({
    iotCertificate: {
      endpoint: `localhost:${port}`,
      'cert-path': device.cert,
      'key-path': device.key,
      'ca-path': amazonCa.cert,
      'role-aliases': 'CameraRole',
      ...fields,
    },
    // Set as well, and passed over: IoT is exclusive.
    accessKey: 'AKIAX',
    secretKey: 'x',
    streamName: 'front-door',
    region: 'us-west-2',
    env: {},
    agents: createAgents({ env: {}, log: silentLogger }),
    clock: systemClock,
    random: Math.random,
    log: silentLogger,
  });
}

async function fetchFrom(port: number, fields: IotCertificate = {}) {
  const credentials = provider(port, fields);
  try {
    return await credentials.get();
  } finally {
    credentials.close?.();
  }
}

test('a device certificate is exchanged for credentials', async () => {
  const expiration = inAnHour();
  await using server = await serve(
    answer(() => expiration),
    endpointTls,
  );
  let peer = '';
  let sni: string | false | null = '';
  server.server.on('secureConnection', (socket: TLSSocket & { servername?: string | false }) => {
    peer = String(socket.getPeerCertificate().subject.CN);
    sni = socket.servername ?? null;
  });
  const credentials = await fetchFrom(server.port);
  assert.deepEqual(credentials, {
    accessKeyId: 'ASIAIOT',
    secretAccessKey: 'iot-secret',
    sessionToken: 'iot-token',
    expiration: new Date(expiration),
  });
  const [seen] = server.seen;
  assert.equal(seen?.method, 'GET');
  assert.equal(seen?.path, '/role-aliases/CameraRole/credentials');
  assert.equal(seen?.headers['x-amzn-iot-thingname'], 'front-door');
  assert.equal(seen?.headers['user-agent'], 'AWS-SDK-KVS');
  assert.equal(peer, 'device-1');
  assert.equal(sni, 'localhost');
});

test('iot-thing-name goes before the stream name, and time-outs may be numbers or texts', async () => {
  await using server = await serve(answer(inAnHour), endpointTls);
  await fetchFrom(server.port, {
    'iot-thing-name': 'camera-7',
    'connection-timeout': 5,
    'completion-timeout': '9',
  });
  assert.equal(server.seen[0]?.headers['x-amzn-iot-thingname'], 'camera-7');
});

for (const [what, fields, pattern] of [
  ['a missing key', { 'role-aliases': '' }, /the key role-aliases is missing/],
  ['an unknown key', { 'role-alias': 'x' }, /"role-alias" is not one of its keys/],
  ['a time-out that is no number', { 'connection-timeout': 'soon' }, /connection-timeout is not/],
  ['an endpoint with a path', { endpoint: 'host/role-aliases' }, /endpoint is not a host name/],
  ['a role alias of 129 characters', { 'role-aliases': 'x'.repeat(129) }, /129 characters/],
  ['a thing name of 129 characters', { 'iot-thing-name': 'x'.repeat(129) }, /129 characters/],
] as const) {
  test(`${what} in iot-certificate is refused by name`, () => {
    assert.throws(() => provider(1, fields as IotCertificate), pattern);
  });
}

async function failures(fields: IotCertificate) {
  await using server = await serve(answer(inAnHour), endpointTls);
  const error = await rejection(fetchFrom(server.port, fields));
  assert.equal(server.seen.length, 0, 'the endpoint must not have answered');
  return error;
}

test('a certificate of a CA that the endpoint does not know is refused', async () => {
  const stranger = strangerCa.issue('device-1');
  const error = await failures({ 'cert-path': stranger.cert, 'key-path': stranger.key });
  assert.match(
    error.message,
    /IoT credentials \(role alias CameraRole\) got no answer from localhost/,
  );
  assert.ok(error.message.includes(stranger.cert));
});

test('an expired certificate is refused', async () => {
  const expired = deviceCa.issue('device-1', { expired: true });
  const error = await failures({ 'cert-path': expired.cert, 'key-path': expired.key });
  assert.match(error.message, /IoT credentials/);
  assert.ok(error.message.includes(expired.cert));
});

test('a key that is not of the certificate is refused before anything is sent', async () => {
  const other = deviceCa.issue('device-2');
  const error = await failures({ 'key-path': other.key });
  assert.match(error.message, /key-path .* does not go with cert-path/);
});

test('files that are missing, unreadable or no PEM are named', async () => {
  const missing = await failures({ 'cert-path': '/nowhere/cert.pem' });
  assert.match(missing.message, /cert-path \/nowhere\/cert\.pem cannot be read: ENOENT/);
  assert.equal(missing.code, 'STATUS_DIRECTORY_ENTRY_STAT_ERROR');
  const text = join(deviceCa.folder, 'text.pem');
  writeFileSync(text, 'hello');
  assert.match((await failures({ 'key-path': text })).message, /key-path .*text\.pem is not a PEM/);
  assert.match(
    (await failures({ 'ca-path': '/nowhere/ca.pem' })).message,
    /ca-path names \/nowhere\/ca\.pem/,
  );
  const secret = join(deviceCa.folder, 'secret.pem');
  copyFileSync(device.key, secret);
  chmodSync(secret, 0o000);
  if (process.getuid?.() !== 0) {
    assert.match((await failures({ 'key-path': secret })).message, /cannot be read: EACCES/);
  }
});

test('an endpoint whose certificate the named CA has not made is refused', async () => {
  const error = await failures({ 'ca-path': strangerCa.cert });
  assert.equal(error.failure?.kind, 'tls');
  assert.ok(error.message.includes(strangerCa.cert));
});

test('an endpoint with a certificate for another host is refused', async () => {
  const elsewhere = pem(amazonCa.issue('elsewhere', { altNames: 'DNS:elsewhere.example' }));
  await using server = await serve(answer(inAnHour), { ...endpointTls, ...elsewhere });
  const error = await rejection(fetchFrom(server.port));
  assert.equal(error.failure?.exception, 'ERR_TLS_CERT_ALTNAME_INVALID');
  assert.equal(server.seen.length, 0);
});

test("IoT's refusal is passed on with its words and what to do", async () => {
  await using server = await serve(
    (_, response) => json(response, 403, { message: 'Access Denied' }),
    endpointTls,
  );
  const error = await rejection(fetchFrom(server.port));
  assert.equal(error.code, 'STATUS_IOT_FAILED');
  assert.match(error.message, /HTTP 403 Access Denied \(role alias CameraRole, thing front-door/);
  assert.match(error.advice, /iot:AssumeRoleWithCertificate/);
});

for (const [what, body, code] of [
  ['no credentials', {}, 'STATUS_IOT_NULL_AWS_CREDS'],
  [
    'an expiration that is no time',
    { expiration: 'tomorrow' },
    'STATUS_TIMESTAMP_STRING_UNRECOGNIZED_FORMAT',
  ],
  [
    'an expiration in the past',
    { expiration: '2020-01-01T00:00:00Z' },
    'STATUS_IOT_EXPIRATION_OCCURS_IN_PAST',
  ],
] as const) {
  test(`an answer with ${what} is refused`, async () => {
    const keys = { accessKeyId: 'A', secretAccessKey: 'B', sessionToken: 'C' };
    const credentials = 'expiration' in body ? { ...keys, ...body } : {};
    await using server = await serve(
      (_, response) => json(response, 200, { credentials }),
      endpointTls,
    );
    assert.equal((await rejection(fetchFrom(server.port))).code, code);
  });
}

test('an endpoint that is silent ends the try after completion-timeout', async () => {
  await using server = await serve(() => {}, endpointTls);
  const error = await rejection(fetchFrom(server.port, { 'completion-timeout': '0.2' }));
  assert.equal(error.code, 'STATUS_SERVICE_CALL_TIMEOUT_ERROR');
  assert.match(error.message, /no answer within 200 ms/);
});

test('an endpoint that does not shake hands ends the try after connection-timeout', async () => {
  const server = createTcpServer(() => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const error = await rejection(fetchFrom(port, { 'connection-timeout': '0.2' }));
  server.close();
  assert.match(error.message, /no connection within 200 ms/);
});

test("a machine whose clock is a month ahead takes credentials that are valid by the endpoint's clock", async () => {
  const serverNow = Date.now() - 30 * 24 * 3_600_000;
  await using server = await serve((_, response) => {
    const expiration = `${new Date(serverNow + 3_600_000).toISOString().slice(0, 19)}Z`;
    json(
      response,
      200,
      { credentials: { accessKeyId: 'A', secretAccessKey: 'B', sessionToken: 'C', expiration } },
      { date: new Date(serverNow).toUTCString() },
    );
  }, endpointTls);
  assert.equal((await fetchFrom(server.port)).accessKeyId, 'A');
});
