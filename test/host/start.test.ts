// What a start of the plugin's host loads: each of Node's own modules takes it a millisecond or two.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const host = fileURLToPath(new URL('../../bundle/host.cjs', import.meta.url));

/** All that a program has loaded when it ends, because nobody is at the other end of its fd 3. */
async function loadedBy(program: string, preload: string): Promise<Set<string>> {
  const child = spawn(process.execPath, ['--require', preload, program], {
    stdio: ['ignore', 'pipe', 'inherit', 'pipe'],
  });
  const printed = text(child.stdout as Socket);
  (child.stdio[3] as Socket).end();
  const [code] = await once(child, 'exit');
  assert.equal(code, 0);
  return new Set((await printed).split('\n'));
}

test('a start loads no module of Node that only some hosts need, and no loader of modules', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'kvs-host-start-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const [preload, empty] = [join(folder, 'list.cjs'), join(folder, 'empty.cjs')];
  const list = "process.on('exit', () => console.log(process.moduleLoadList.join('\\n')));";
  writeFileSync(preload, list);
  writeFileSync(empty, '');
  const loaded = await loadedBy(host, preload);
  const always = await loadedBy(empty, preload);
  assert.ok(loaded.has('NativeModule https'), [...loaded].join(' '));
  for (const name of ['fs/promises', 'perf_hooks', 'http', 'internal/modules/esm/load']) {
    const module = `NativeModule ${name}`;
    assert.ok(!loaded.has(module) || always.has(module), name);
  }
});
