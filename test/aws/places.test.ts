import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { createCredentialProvider } from '../../src/aws/credentials/create.ts';
import type { CredentialProperties } from '../../src/aws/credentials/credential-settings.ts';
import { createAgents } from '../../src/aws/network/agents.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import type { LogFields } from '../../src/runtime/logger.ts';
import { silentLogger } from '../../src/runtime/logger.ts';
import { containerCredentials, homeWith, instanceMetadata, ssoPortal, sts } from './emulators.ts';
import { rejection, serve } from './support.ts';

/** The rows of docs/2-use/authentication.md that can be emulated: who serves in each place. */

const BEFORE = { ...process.env };
/** AWS's SDK reads the process's own environment, so that a test sets that. */
function setEnvironment(env: Record<string, string>): void {
  for (const name of Object.keys(process.env)) {
    if (name.startsWith('AWS_')) delete process.env[name];
  }
  Object.assign(process.env, { HOME: '/nowhere', ...env });
}
beforeEach(() => setEnvironment({}));
afterEach(() => {
  setEnvironment({});
  Object.assign(process.env, BEFORE);
});

const lines: string[] = [];
function record(message: string, fields?: LogFields): void {
  lines.push(`${message} ${JSON.stringify(fields ?? {})}`);
}
const log = { ...silentLogger, info: record, warn: record, error: record, debug: record };

function providerOf(properties: CredentialProperties = {}) {
  return createCredentialProvider({
    ...properties,
    streamName: 'cam',
    region: 'us-west-2',
    env: process.env,
    agents: createAgents({ env: process.env, log: silentLogger }),
    clock: systemClock,
    random: Math.random,
    log,
  });
}

async function fetchWith(properties: CredentialProperties = {}) {
  lines.length = 0;
  const provider = providerOf(properties);
  try {
    const credentials = await provider.get();
    const logged = lines.join('\n');
    assert.ok(logged.includes(provider.name), 'the provider that served is logged');
    for (const secret of [credentials.secretAccessKey, credentials.sessionToken]) {
      assert.ok(secret === undefined || !logged.includes(secret), 'a secret was logged');
    }
    return { credentials, name: provider.name };
  } finally {
    provider.close?.();
  }
}

test('properties go before the environment, upstream’s placeholders count as unset', async () => {
  setEnvironment({ AWS_ACCESS_KEY_ID: 'ENV', AWS_SECRET_ACCESS_KEY: 'env-secret' });
  const placeholders = {
    accessKey: 'access_key',
    secretKey: 'secret_key',
    sessionToken: 'session_token',
  };
  assert.equal((await fetchWith(placeholders)).credentials.accessKeyId, 'ENV');
  const given = await fetchWith({ accessKey: 'PROP', secretKey: 'prop-secret' });
  assert.equal(given.credentials.accessKeyId, 'PROP');
  assert.equal(given.name, 'properties');
});

test('an access key without a secret key is an error, not the text "secret_key"', () => {
  assert.throws(
    () => providerOf({ accessKey: 'PROP', secretKey: 'secret_key' }),
    /access-key is set but secret-key is not/,
  );
});

test('a null property is no crash', async () => {
  setEnvironment({ AWS_ACCESS_KEY_ID: 'ENV', AWS_SECRET_ACCESS_KEY: 'env-secret' });
  const nulls = { accessKey: null, secretKey: null, sessionToken: null, credentialPath: null };
  assert.equal((await fetchWith(nulls)).credentials.accessKeyId, 'ENV');
});

test('the token comes from the property, else from the environment, as upstream mixes them', async () => {
  setEnvironment({ AWS_SESSION_TOKEN: 'env-token' });
  const keys = { accessKey: 'ASIAX', secretKey: 'prop-secret' };
  assert.equal((await fetchWith(keys)).credentials.sessionToken, 'env-token');
  const own = await fetchWith({ ...keys, sessionToken: 'own-token' });
  assert.equal(own.credentials.sessionToken, 'own-token');
});

test('a stale token of the environment is not put beside a long-term key', async () => {
  setEnvironment({ AWS_SESSION_TOKEN: 'env-token' });
  const { credentials } = await fetchWith({ accessKey: 'AKIAX', secretKey: 'prop-secret' });
  assert.equal(credentials.sessionToken, undefined);
  assert.match(lines.join('\n'), /AWS_SESSION_TOKEN is ignored/);
});

test('Docker and CI: the environment serves only with both keys', async () => {
  setEnvironment({
    AWS_ACCESS_KEY_ID: 'ENV',
    AWS_SECRET_ACCESS_KEY: 'env-secret',
    AWS_SESSION_TOKEN: 'env-token',
  });
  const { credentials, name } = await fetchWith();
  assert.deepEqual(credentials, {
    accessKeyId: 'ENV',
    secretAccessKey: 'env-secret',
    sessionToken: 'env-token',
  });
  assert.equal(name, 'environment');
  setEnvironment({ AWS_ACCESS_KEY_ID: 'ENV', AWS_EC2_METADATA_DISABLED: 'true' });
  const error = await rejection(fetchWith());
  assert.match(error.message, /AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY: not both set/);
});

test('laptop: keys of the default profile', async () => {
  using home = homeWith({
    '.aws/credentials':
      '[default]\naws_access_key_id = AKIADEFAULT\naws_secret_access_key = default-secret\n',
  });
  setEnvironment({ HOME: home.path });
  const { credentials, name } = await fetchWith();
  assert.equal(credentials.accessKeyId, 'AKIADEFAULT');
  assert.equal(name, 'profile:default');
});

test('laptop: keys that a tool has renewed in the file are read with the next refresh', async () => {
  const text = (key: string): string =>
    `[default]\naws_access_key_id = ${key}\naws_secret_access_key = profile-secret\n`;
  using home = homeWith({ '.aws/credentials': text('AKIAONE') });
  setEnvironment({ HOME: home.path });
  const provider = providerOf();
  assert.equal((await provider.get()).accessKeyId, 'AKIAONE');
  writeFileSync(join(home.path, '.aws/credentials'), text('AKIATWO'));
  assert.equal((await provider.get({ forceRefresh: true })).accessKeyId, 'AKIATWO');
  provider.close?.();
});

test('laptop: --profile goes before the environment, AWS_PROFILE after it', async () => {
  using home = homeWith({
    '.aws/credentials':
      '[work]\naws_access_key_id = AKIAWORK\naws_secret_access_key = profile-secret\n',
  });
  const keys = { AWS_ACCESS_KEY_ID: 'ENV', AWS_SECRET_ACCESS_KEY: 'env-secret' };
  setEnvironment({ HOME: home.path, ...keys });
  assert.equal((await fetchWith({ profile: 'work' })).credentials.accessKeyId, 'AKIAWORK');
  setEnvironment({ HOME: home.path, ...keys, AWS_PROFILE: 'work' });
  assert.equal((await fetchWith()).credentials.accessKeyId, 'ENV');
  setEnvironment({ HOME: home.path, AWS_PROFILE: 'work' });
  assert.equal((await fetchWith()).credentials.accessKeyId, 'AKIAWORK');
});

test('laptop: a profile that is not there is an error that names it and the files', async () => {
  using home = homeWith({ '.aws/config': '[profile other]\nregion = eu-west-1\n' });
  setEnvironment({ HOME: home.path });
  const error = await rejection(fetchWith({ profile: 'work' }));
  assert.match(error.message, /No credentials from profile:work: looked for profile "work" in/);
  assert.ok(error.message.includes(join(home.path, '.aws/config')));
  assert.equal(error.failure, undefined);
});

test('laptop: a profile with credential_process', async () => {
  using home = homeWith({
    'keys.json': JSON.stringify({
      Version: 1,
      AccessKeyId: 'ASIAPROCESS',
      SecretAccessKey: 'process-secret',
      SessionToken: 'process-token',
      Expiration: new Date(Date.now() + 3_600_000).toISOString(),
    }),
  });
  writeFileSync(
    join(home.path, 'config'),
    `[default]\ncredential_process = cat ${join(home.path, 'keys.json')}\n`,
  );
  setEnvironment({ AWS_CONFIG_FILE: join(home.path, 'config') });
  const { credentials } = await fetchWith();
  assert.equal(credentials.accessKeyId, 'ASIAPROCESS');
  assert.ok(credentials.expiration instanceof Date);
});

test('laptop: IAM Identity Center (SSO)', async () => {
  await using portal = await serve(ssoPortal);
  const session = createHash('sha1').update('corp').digest('hex');
  const loggedIn = (token: string) => ({
    '.aws/config':
      '[profile dev]\nsso_session = corp\nsso_account_id = 111122223333\nsso_role_name = Video\n[sso-session corp]\nsso_region = eu-west-1\nsso_start_url = https://corp.awsapps.com/start\n',
    [`.aws/sso/cache/${session}.json`]: JSON.stringify({
      accessToken: token,
      expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
      startUrl: 'https://corp.awsapps.com/start',
      region: 'eu-west-1',
    }),
  });
  using home = homeWith(loggedIn('sso-login-token'));
  setEnvironment({ HOME: home.path, AWS_ENDPOINT_URL_SSO: portal.url.href });
  const { credentials } = await fetchWith({ profile: 'dev' });
  assert.equal(credentials.accessKeyId, 'ASIASSO');
  using loggedOut = homeWith(loggedIn('old'));
  setEnvironment({ HOME: loggedOut.path, AWS_ENDPOINT_URL_SSO: portal.url.href });
  const error = await rejection(fetchWith({ profile: 'dev' }));
  assert.match(error.message, /profile:dev: .*Session token not found or invalid/);
});

test('EKS (IRSA): the token file is exchanged at STS', async () => {
  await using service = await serve(sts);
  using home = homeWith({ token: 'jwt-of-the-pod', wrong: 'jwt-of-another' });
  const env = {
    AWS_ROLE_ARN: 'arn:aws:iam::111122223333:role/cam',
    AWS_ENDPOINT_URL_STS: service.url.href,
  };
  setEnvironment({ ...env, AWS_WEB_IDENTITY_TOKEN_FILE: join(home.path, 'token') });
  const { credentials, name } = await fetchWith();
  assert.equal(credentials.accessKeyId, 'ASIAWEB');
  assert.equal(name, 'web identity');
  setEnvironment({ ...env, AWS_WEB_IDENTITY_TOKEN_FILE: join(home.path, 'wrong') });
  const error = await rejection(fetchWith());
  assert.match(error.message, /No credentials from web identity: .*that is not our token/);
  assert.ok(error.message.includes(join(home.path, 'wrong')));
});

test('ECS: the endpoint beside the container', async () => {
  await using service = await serve(containerCredentials(undefined));
  setEnvironment({ AWS_CONTAINER_CREDENTIALS_FULL_URI: new URL('/creds', service.url).href });
  const { credentials, name } = await fetchWith();
  assert.equal(credentials.accessKeyId, 'ASIACONTAINER');
  assert.equal(name, 'container');
});

test('EKS pod identity and Greengrass: the endpoint beside the container wants a token', async () => {
  await using service = await serve(containerCredentials('pod-token'));
  using home = homeWith({ token: 'pod-token' });
  const env = { AWS_CONTAINER_CREDENTIALS_FULL_URI: new URL('/v1/credentials', service.url).href };
  setEnvironment({ ...env, AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: join(home.path, 'token') });
  assert.equal((await fetchWith()).credentials.accessKeyId, 'ASIACONTAINER');
  setEnvironment({ ...env, AWS_CONTAINER_AUTHORIZATION_TOKEN: 'pod-token' });
  assert.equal((await fetchWith()).credentials.accessKeyId, 'ASIACONTAINER');
  setEnvironment({ ...env, AWS_CONTAINER_AUTHORIZATION_TOKEN: 'wrong' });
  const error = await rejection(fetchWith());
  assert.match(error.message, /No credentials from container: looked for .*\/v1\/credentials/);
});

test('a service that cannot be reached is distinguished from one that refuses', async () => {
  using home = homeWith({ token: 'jwt-of-the-pod' });
  setEnvironment({
    AWS_ROLE_ARN: 'arn:aws:iam::111122223333:role/cam',
    AWS_ENDPOINT_URL_STS: 'http://127.0.0.1:1/',
    AWS_MAX_ATTEMPTS: '1',
    AWS_WEB_IDENTITY_TOKEN_FILE: join(home.path, 'token'),
  });
  const error = await rejection(fetchWith());
  assert.equal(error.failure?.kind, 'network');
  assert.match(error.message, /ECONNREFUSED/);
});

test('EC2: the instance’s role by version 2 of the metadata service', async () => {
  await using service = await serve(instanceMetadata);
  setEnvironment({ AWS_EC2_METADATA_SERVICE_ENDPOINT: service.url.origin });
  const { credentials, name } = await fetchWith();
  assert.equal(credentials.accessKeyId, 'ASIAINSTANCE');
  assert.equal(credentials.sessionToken, 'INSTANCE-token');
  assert.ok(credentials.expiration instanceof Date);
  assert.equal(name, 'instance metadata');
});

test('EC2: version 1 of the metadata service, which any request to the instance reaches, is not used', async () => {
  await using service = await serve((request, response) => {
    if (request.method === 'PUT') {
      response.writeHead(404).end();
      return;
    }
    const headers = { 'x-aws-ec2-metadata-token': 'imds-token' };
    instanceMetadata({ ...request, headers }, response);
  });
  setEnvironment({ AWS_EC2_METADATA_SERVICE_ENDPOINT: service.url.origin });
  const error = await rejection(fetchWith());
  assert.ok(error.message.includes(`the instance's role at ${service.url.origin}`), error.message);
});

test('--role-arn: a role assumed with whatever the rest yields', async () => {
  await using service = await serve(sts);
  const roleArn = 'arn:aws:iam::111122223333:role/cam';
  setEnvironment({ AWS_ENDPOINT_URL_STS: service.url.href });
  const { credentials, name } = await fetchWith({
    roleArn,
    accessKey: 'AKIABASE',
    secretKey: 'base-secret',
  });
  assert.equal(credentials.accessKeyId, 'ASIAROLE');
  assert.equal(name, `role:${roleArn} (properties)`);
  const error = await rejection(fetchWith({ roleArn, accessKey: 'AKIAOTHER', secretKey: 'x' }));
  assert.match(error.message, /assumed at STS in us-west-2: not allowed to assume the role/);
  assert.equal(error.failure?.kind, 'access-denied');
});

test('laptop: a profile that assumes a role', async () => {
  await using service = await serve(sts);
  using home = homeWith({
    '.aws/config':
      '[profile cam]\nrole_arn = arn:aws:iam::111122223333:role/cam\nsource_profile = base\n',
    '.aws/credentials':
      '[base]\naws_access_key_id = AKIABASE\naws_secret_access_key = profile-secret\n',
  });
  setEnvironment({ HOME: home.path, AWS_ENDPOINT_URL_STS: service.url.href });
  assert.equal((await fetchWith({ profile: 'cam' })).credentials.accessKeyId, 'ASIAROLE');
});

test('nowhere: the message lists every place that was looked at', async () => {
  setEnvironment({ AWS_EC2_METADATA_DISABLED: 'true' });
  const error = await rejection(fetchWith());
  assert.equal(error.code, 'STATUS_CLIENT_AUTH_CALL_FAILED');
  for (const place of [
    'Could not find any AWS credentials!',
    'iot-certificate',
    'access-key',
    'AWS_ACCESS_KEY_ID',
    'credential-path .kvs/credential',
    'profile "default" in /nowhere/.aws/config',
    'AWS_WEB_IDENTITY_TOKEN_FILE',
    'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
    'AWS_EC2_METADATA_DISABLED is true',
  ]) {
    assert.ok(error.message.includes(place), `${place} is not in: ${error.message}`);
  }
  assert.match(error.advice, /docs\/2-use\/authentication\.md/);
});

test('a machine that is no instance says that nothing answered', async () => {
  await using nobody = await serve((_, response) => response.destroy());
  setEnvironment({ AWS_EC2_METADATA_SERVICE_ENDPOINT: nobody.url.origin });
  const error = await rejection(fetchWith());
  assert.ok(error.message.includes(`the instance's role at ${nobody.url.origin}`), error.message);
});
