import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';

test('this version of Node knows the options that it is given', () => {
  const module = new URL('../../src/runtime/optimize-early.js', import.meta.url).href;
  const script = `import { optimizeEarly } from ${JSON.stringify(module)}; optimizeEarly();`;
  const { status, stderr } = spawnSync(
    process.execPath,
    ['--input-type=module', '--eval', script],
    { encoding: 'utf8' },
  );
  assert.deepEqual([status, stderr], [0, '']);
});
