import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resolveRegion } from '../../src/aws/settings/region.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { homeWith, instanceMetadata } from './emulators.ts';
import { serve } from './support.ts';

function region(env: Record<string, string>, property?: string, profile?: string) {
  return resolveRegion({
    property,
    profile,
    env: { AWS_EC2_METADATA_DISABLED: 'true', HOME: '/nowhere', ...env },
    clock: systemClock,
  });
}

const CONFIG = [
  '[default]',
  'region = eu-north-1',
  's3 =',
  '  region = wrong',
  '[profile "work place"]',
  'region=sa-east-1',
  'output = json',
].join('\n');

test('AWS_DEFAULT_REGION wins over the property, the property over AWS_REGION', async () => {
  const env = { AWS_DEFAULT_REGION: 'eu-west-1', AWS_REGION: 'eu-west-2' };
  assert.deepEqual(await region(env, 'eu-west-3'), {
    region: 'eu-west-1',
    source: 'AWS_DEFAULT_REGION',
  });
  assert.equal((await region({ AWS_REGION: 'eu-west-2' }, 'eu-west-3')).region, 'eu-west-3');
  assert.equal((await region({ AWS_REGION: 'eu-west-2' })).region, 'eu-west-2');
});

test("then the profile's region, of the default profile or the one that is named", async () => {
  using home = homeWith({ '.aws/config': CONFIG });
  assert.deepEqual(await region({ HOME: home.path }), {
    region: 'eu-north-1',
    source: 'profile default',
  });
  assert.equal((await region({ HOME: home.path }, '', 'work place')).region, 'sa-east-1');
  const named = await region({ HOME: home.path, AWS_PROFILE: 'work place' });
  assert.equal(named.region, 'sa-east-1');
});

test("then the instance's, and upstream's default last", async () => {
  await using service = await serve(instanceMetadata);
  const env = {
    AWS_EC2_METADATA_DISABLED: 'false',
    AWS_EC2_METADATA_SERVICE_ENDPOINT: service.url.origin,
  };
  assert.deepEqual(await region(env), { region: 'ap-southeast-2', source: 'instance metadata' });
  assert.deepEqual(await region({}), { region: 'us-west-2', source: 'default' });
  await using broken = await serve((_, response) => response.destroy());
  const brokenEnv = { ...env, AWS_EC2_METADATA_SERVICE_ENDPOINT: broken.url.origin };
  assert.equal((await region(brokenEnv)).region, 'us-west-2');
});
