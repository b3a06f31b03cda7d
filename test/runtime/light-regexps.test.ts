import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import * as nodeModule from 'node:module';
import { tmpdir } from 'node:os';
import { test } from 'node:test';

/** Whether V8 would refuse code that was compiled before, since its options are others. */
function changesOptions(env: NodeJS.ProcessEnv): boolean {
  const module = new URL('../../src/runtime/light-regexps.js', import.meta.url).href;
  const script = `
    import { cachedDataVersionTag } from 'node:v8';
    import { compileRegExpsLightly } from ${JSON.stringify(module)};
    const before = cachedDataVersionTag();
    compileRegExpsLightly();
    console.log(cachedDataVersionTag() !== before);
  `;
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--input-type=module', '--eval', script],
    { encoding: 'utf8', env: { ...process.env, ...env } },
  );
  assert.deepEqual([status, stderr], [0, '']);
  return stdout.trim() === 'true';
}

test('this version of Node knows the option for regular expressions', () => {
  assert.ok(changesOptions({ NODE_COMPILE_CACHE: '' }));
});

test('where Node keeps code by itself from the beginning, its options stay as they are', () => {
  const keepsCode = 'enableCompileCache' in nodeModule;
  assert.equal(changesOptions({ NODE_COMPILE_CACHE: tmpdir() }), !keepsCode);
});
