import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';

const MODULES = ['host/create-host-context.js', 'host/plugin-host.js', 'consumer/consumer-api.js'];

test('neither the host nor a consumer loads what only plain HTTP needs', () => {
  const urls = MODULES.map((path) => new URL(`../../src/${path}`, import.meta.url).href);
  const script =
    `for (const url of ${JSON.stringify(urls)}) await import(url);` +
    'console.log(process.moduleLoadList.join());';
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--input-type=module', '--eval', script],
    { encoding: 'utf8' },
  );
  assert.equal(stderr, '');
  const loaded = stdout.trim().split(',');
  assert.ok(loaded.includes('NativeModule https'));
  assert.ok(!loaded.includes('NativeModule http'));
});
