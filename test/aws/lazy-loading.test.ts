import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { createAwsAccess } from '../../src/aws/aws-access.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { silentLogger } from '../../src/runtime/logger.ts';
import { serve, streamInfo } from './support.ts';

/** Packages of which Node has loaded something; those that find credentials and proxies are CommonJS. */
function loadedPackages(): string[] {
  const paths = Object.keys(createRequire(import.meta.url).cache);
  return paths.flatMap((path) => /\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? []);
}

test('with static keys, no package is loaded to find a stream, and what finds credentials with a profile', async () => {
  await using server = await serve(streamInfo);
  const settings = {
    endpoint: server.url.href,
    connectTimeoutMs: 5_000,
    completionTimeoutMs: 10_000,
    env: {},
    clock: systemClock,
    random: Math.random,
    log: silentLogger,
  };
  const access = await createAwsAccess({
    ...settings,
    credentials: { accessKey: 'AKID', secretKey: 'SECRET' },
  });
  await access.controlPlane.describeStream({ streamName: 'cam' });
  access.close();
  assert.deepEqual(loadedPackages(), []);
  const profile = await createAwsAccess({ ...settings, credentials: { profile: 'none' } });
  await assert.rejects(
    profile.controlPlane.describeStream({ streamName: 'cam' }),
    /profile "none"/,
  );
  profile.close();
  assert.ok(loadedPackages().includes('@aws-sdk/credential-providers'));
});
