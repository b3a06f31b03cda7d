import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { packageRoot } from '../../src/runtime/package-root.ts';
import { startService } from '../local/support/service.ts';

async function run(url: string, ...args: string[]): Promise<{ code: unknown; out: string }> {
  const program = join(packageRoot, 'bin', 'kvs-launch.js');
  const child = spawn(process.execPath, [program, 'local', 'fault', ...args], {
    env: { ...process.env, CONTROL_PLANE_URI: url },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const code = new Promise((resolve) => child.once('close', resolve));
  const [out, error] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await code, out: out + error };
}

test('local fault injects, lists and removes faults of a running service', async (t) => {
  const { url, faults } = await startService(t);
  const settings = ['--error-id', '4004', '--stream', 'demo', '--count', '1'];
  const added = await run(url, 'error-ack', ...settings);
  assert.equal(added.code, 0, added.out);
  assert.deepEqual(faults.list()[0]?.fault, {
    kind: 'error-ack',
    errorId: 4004,
    stream: 'demo',
    count: 1,
  });
  const [listed, refused, removed] = await Promise.all([
    run(url, 'list'),
    run(url, 'error', '--status', '200'),
    run(url, 'remove', '1'),
  ]);
  assert.match(listed.out, /^1 +error-ack .* errorId=4004 stream=demo count=1$/m);
  assert.equal(refused.code, 1);
  assert.match(refused.out, /status of the fault error must be .* 400 to 599, not 200/);
  assert.match(removed.out, /over/);
  assert.equal(faults.list()[0]?.state, 'over');
  const [misspelt, help, gone] = await Promise.all([
    run(url, 'dorp'),
    run(url, '--help'),
    run('http://127.0.0.1:1', 'clear'),
  ]);
  assert.match(misspelt.out, /There is no fault "dorp"\nDid you mean: drop/);
  assert.match(help.out, /half-close +ends the answer and goes on reading/);
  assert.match(gone.out, /No local service answers at http:\/\/127\.0\.0\.1:1/);
});
