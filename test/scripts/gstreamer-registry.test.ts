import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { packageRoot } from '../../src/runtime/package-root.ts';

const MODULE = join(packageRoot, 'scripts/lib/gstreamer.mjs');

/** Looks for elements in a registry made in `folder`, as `npm test` and `npm run demo` do first. */
function lookFor(folder: string, elements: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const script = `
    const { elementGroups, freshRegistry } = await import(${JSON.stringify(MODULE)});
    elementGroups.wanted = { 'a-package': ${JSON.stringify(elements)} };
    console.log(freshRegistry(['wanted'], ${JSON.stringify(join(folder, 'registry'))}));`;
  return spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
}

function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'kvs-registry-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

test("the tests' registry knows the plugins that are there, whatever the one before knew", (t) => {
  const folder = temporaryFolder(t);
  mkdirSync(join(folder, 'registry'));
  writeFileSync(join(folder, 'registry/registry.bin'), 'no registry');
  const found = lookFor(folder, ['x264enc'], { GST_PLUGIN_SYSTEM_PATH: folder });
  assert.equal(found.status, 0, found.stderr);
  assert.equal(found.stdout.trim(), join(folder, 'registry/registry.bin'));
});

test('an element whose plugin cannot be loaded is named, with its package and the reason', (t) => {
  const folder = temporaryFolder(t);
  const plugins = join(folder, 'gstreamer-1.0/plugins');
  mkdirSync(plugins, { recursive: true });
  writeFileSync(join(plugins, 'libgstbroken.so'), '');
  const found = lookFor(folder, ['x264enc', 'brokenenc'], { XDG_DATA_HOME: folder });
  assert.equal(found.status, 1);
  assert.match(found.stderr, /has no\n {2}brokenenc \(a-package\)\n/);
  assert.match(found.stderr, /Failed to load plugin '.*libgstbroken\.so': .*file too short/);
});
