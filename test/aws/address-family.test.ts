import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressFamily, createAgents } from '../../src/aws/network/agents.ts';
import { silentLogger } from '../../src/runtime/logger.ts';
import { controlPlaneFor, rejection, serve, streamInfo } from './support.ts';

test("AWS_KVS_USE_IPV4 goes before AWS_KVS_USE_IPV6, whatever their values: upstream's rule", () => {
  assert.equal(addressFamily({}), undefined);
  assert.equal(addressFamily({ AWS_KVS_USE_IPV4: '', AWS_KVS_USE_IPV6: '' }), undefined);
  assert.equal(addressFamily({ AWS_KVS_USE_IPV6: 'no' }), 6);
  assert.equal(addressFamily({ AWS_KVS_USE_IPV4: 'x', AWS_KVS_USE_IPV6: 'x' }), 4);
});

test('connections keep to the address family that was asked for', async () => {
  // Listens on 127.0.0.1 alone, and is asked for as localhost.
  await using server = await serve(streamInfo);
  const describe = async (env: Record<string, string>) => {
    const plane = controlPlaneFor(server.url, { agents: createAgents({ env, log: silentLogger }) });
    try {
      return await plane.describeStream({ streamName: 'cam' });
    } finally {
      plane.close();
    }
  };
  assert.equal((await describe({ AWS_KVS_USE_IPV4: '1' })).status, 'ACTIVE');
  const error = await rejection(describe({ AWS_KVS_USE_IPV6: '1' }));
  assert.equal(error.failure?.kind, 'network');
  assert.equal(server.seen.length, 1);
});
