// What a start of the plugin's host loads: each of Node's own modules takes it a millisecond or two.
import assert from 'node:assert/strict';
import { isAscii } from 'node:buffer';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const host = fileURLToPath(new URL('../../bundle/host.cjs', import.meta.url));

/** A folder that the test's end removes. */
function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'kvs-host-start-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

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
  const folder = temporaryFolder(t);
  const [preload, empty] = [join(folder, 'list.cjs'), join(folder, 'empty.cjs')];
  const list = "process.on('exit', () => console.log(process.moduleLoadList.join('\\n')));";
  writeFileSync(preload, list);
  writeFileSync(empty, '');
  const loaded = await loadedBy(host, preload);
  const always = await loadedBy(empty, preload);
  assert.ok(loaded.has('NativeModule https'), [...loaded].join(' '));
  const rare = ['fs/promises', 'perf_hooks', 'http', 'internal/modules/esm/load'];
  // From Node 22 on, Node's own cache is asked for there.
  const only20 = process.versions.node.startsWith('20.') ? ['module'] : [];
  for (const name of [...rare, 'timers/promises', 'zlib', ...only20]) {
    const module = `NativeModule ${name}`;
    assert.ok(!loaded.has(module) || always.has(module), name);
  }
});

test('a start loads modules of Node before it changes an option of V8, which then takes none of their compiled code', async (t) => {
  const preload = join(temporaryFolder(t), 'late.cjs');
  writeFileSync(
    preload,
    `const v8 = require('node:v8');
    const change = v8.setFlagsFromString;
    let before;
    v8.setFlagsFromString = (option) => {
      before ??= new Set(process.moduleLoadList);
      change(option);
    };
    process.on('exit', () => {
      const late = process.moduleLoadList.filter((name) => !before.has(name));
      console.log(late.filter((name) => /^NativeModule (?!internal)/.test(name)).join('\\n'));
    });`,
  );
  assert.deepEqual([...(await loadedBy(host, preload))], ['']);
});

const hostText = fileURLToPath(new URL('../../bundle/host-main.cjs', import.meta.url));

test('what a start reads is ASCII, which needs no decoder', () => {
  assert.ok(isAscii(readFileSync(hostText)));
});

test('what a start reads begins with its own hash, by which its compiled code is found', () => {
  const [first = '', ...lines] = readFileSync(hostText, 'utf8').split('\n');
  const hash = createHash('sha256').update(lines.join('\n')).digest('hex');
  assert.equal(first, `// ${hash}`);
});
