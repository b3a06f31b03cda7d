import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { createAwsAccess } from '../../src/aws/aws-access.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { silentLogger } from '../../src/runtime/logger.ts';
import { serve, streamInfo } from './support.ts';

function isLoaded(name: string): boolean {
  return Object.keys(createRequire(import.meta.url).cache).some((path) =>
    path.includes(`/node_modules/${name}/`),
  );
}

test('static keys load the SDK with the first control call, and never what finds credentials', async () => {
  await using server = await serve(streamInfo);
  const access = await createAwsAccess({
    credentials: { accessKey: 'AKID', secretKey: 'SECRET' },
    endpoint: server.url.href,
    connectTimeoutMs: 5_000,
    completionTimeoutMs: 10_000,
    env: {},
    clock: systemClock,
    random: Math.random,
    log: silentLogger,
  });
  assert.equal(isLoaded('@aws-sdk/client-kinesis-video'), false);
  assert.equal(isLoaded('@smithy/signature-v4'), false);
  await access.controlPlane.describeStream({ streamName: 'cam' });
  access.close();
  assert.equal(isLoaded('@aws-sdk/client-kinesis-video'), true);
  for (const name of [
    '@aws-sdk/credential-providers',
    '@aws-sdk/nested-clients',
    'https-proxy-agent',
  ]) {
    assert.equal(isLoaded(name), false, name);
  }
});
