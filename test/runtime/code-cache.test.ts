// Each start is a process of its own: a second script of the same text would come from V8's memory.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const codeCache = new URL('../../src/runtime/code-cache.js', import.meta.url).href;
const host = fileURLToPath(new URL('../../bundle/host.cjs', import.meta.url));

function temporaryFolder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'kvs-code-cache-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Runs the file in a Node of its own: what it printed, and whether its code was there already. */
function start(file: string, folder: string): { printed: string; isCached: boolean } {
  const program = `
    import { runWithCodeCache } from ${JSON.stringify(codeCache)};
    const { isCached } = runWithCodeCache(${JSON.stringify(file)}, ${JSON.stringify(folder)});
    console.log(isCached);
  `;
  const args = ['--input-type=module', '-e', program];
  const [printed = '', isCached] = execFileSync(process.execPath, args, { encoding: 'utf8' })
    .trim()
    .split('\n');
  return { printed, isCached: isCached === 'true' };
}

/** A script that prints a word, and a folder for its code, which is not there yet. */
function prepared(t: TestContext): { file: string; folder: string; say: (word: string) => void } {
  const above = temporaryFolder(t);
  const [file, folder] = [join(above, 'script.cjs'), join(above, 'cache')];
  const say = (word: string): void =>
    writeFileSync(file, `function say() { return '${word}'; }\nconsole.log(say());\n`);
  say('one');
  return { file, folder, say };
}

test('the second start takes the code that the first one has compiled', (t) => {
  const { file, folder } = prepared(t);
  assert.deepEqual(start(file, folder), { printed: 'one', isCached: false });
  assert.deepEqual(start(file, folder), { printed: 'one', isCached: true });
});

test('the code begins at a multiple of a pointer, where V8 need not copy it', (t) => {
  const { file, folder } = prepared(t);
  start(file, folder);
  const [name = ''] = readdirSync(folder);
  const kept = readFileSync(join(folder, name));
  const hash = createHash('sha256').update(kept.subarray(32)).digest();
  assert.deepEqual(kept.subarray(0, 32), hash);
});

test('another text of the same length is compiled anew', (t) => {
  const { file, folder, say } = prepared(t);
  start(file, folder);
  say('two');
  assert.deepEqual(start(file, folder), { printed: 'two', isCached: false });
  assert.deepEqual(start(file, folder), { printed: 'two', isCached: true });
});

test('a change below the first line that leaves the length is compiled anew', (t) => {
  const { file, folder } = prepared(t);
  const write = (word: string): void =>
    writeFileSync(file, `// The same.\nconsole.log('${word}');\n`);
  write('one');
  start(file, folder);
  write('two');
  assert.deepEqual(start(file, folder), { printed: 'two', isCached: false });
});

test('a text with the times of another one, but another first line, is compiled anew', (t) => {
  const { file, folder, say } = prepared(t);
  const program = `
    import fs from 'node:fs';
    import { syncBuiltinESMExports } from 'node:module';
    const { fstatSync } = fs;
    fs.fstatSync = (fd) => ({ size: fstatSync(fd).size, mtimeMs: 1, ctimeMs: 1 });
    syncBuiltinESMExports();
    const { runWithCodeCache } = await import(${JSON.stringify(codeCache)});
    console.log(runWithCodeCache(${JSON.stringify(file)}, ${JSON.stringify(folder)}).isCached);
  `;
  const run = (): string =>
    execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
  assert.equal(run(), 'one\nfalse\n');
  assert.equal(run(), 'one\ntrue\n');
  say('two');
  assert.equal(run(), 'two\nfalse\n');
});

test('code of which a power cut has left a part is not run, and is replaced', (t) => {
  const { file, folder } = prepared(t);
  start(file, folder);
  const [name = ''] = readdirSync(folder);
  const whole = readFileSync(join(folder, name));
  const zeros = Buffer.from(whole).fill(0, Math.floor(whole.length / 2));
  for (const damaged of [zeros, whole.subarray(0, 100), Buffer.alloc(0), Buffer.alloc(2_000)]) {
    writeFileSync(join(folder, name), damaged);
    assert.deepEqual(start(file, folder), { printed: 'one', isCached: false });
    assert.deepEqual(start(file, folder), { printed: 'one', isCached: true });
  }
});

test('the code of the last four versions is kept, and nothing else is touched', (t) => {
  const { file, folder, say } = prepared(t);
  mkdirSync(folder);
  writeFileSync(join(folder, 'somebody-else.v8'), '');
  const seen = new Set<string>();
  for (let version = 0; version < 6; version++) {
    say(`${version}`);
    start(file, folder);
    for (const name of readdirSync(folder).filter((one) => one.startsWith('script.cjs-'))) {
      if (!seen.has(name)) utimesSync(join(folder, name), version, version);
      seen.add(name);
    }
  }
  const names = readdirSync(folder);
  assert.equal(names.length, 5);
  assert.ok(names.includes('somebody-else.v8'));
  assert.deepEqual(start(file, folder), { printed: '5', isCached: true });
  say('0');
  assert.equal(start(file, folder).isCached, false);
});

test('a script finds its own modules, and runs where nothing can be written', (t) => {
  const above = temporaryFolder(t);
  const file = join(above, 'script.cjs');
  writeFileSync(join(above, 'other.cjs'), 'module.exports = "other";');
  writeFileSync(
    file,
    `console.log(require('./other.cjs'), __filename === ${JSON.stringify(file)}, typeof exports);`,
  );
  const program = `
    import { runWithCodeCache } from ${JSON.stringify(codeCache)};
    runWithCodeCache(${JSON.stringify(file)}, ${JSON.stringify(join(file, 'no-folder'))});
  `;
  const printed = execFileSync(process.execPath, ['--input-type=module', '-e', program]);
  assert.equal(printed.toString(), 'other true object\n');
});

test('the host of the plugin keeps its code in the folder of its user', async (t) => {
  const home = temporaryFolder(t);
  const env = { PATH: process.env['PATH'], HOME: home };
  assert.equal(await hostsExitCode(env), 0);
  const kept = readdirSync(join(home, '.cache', 'kvs-launch'));
  assert.equal(kept.filter((name) => name.startsWith('host-main.cjs-')).length, 1);
  // With that code.
  assert.equal(await hostsExitCode(env), 0);
  const empty = temporaryFolder(t);
  const off = { ...env, HOME: empty, NODE_DISABLE_COMPILE_CACHE: '1' };
  assert.equal(await hostsExitCode(off), 0);
  const filesOf = (folder: string): string[] =>
    readdirSync(folder, { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => name);
  assert.deepEqual(filesOf(empty), []);
});

/** The host ends with the plugin's socket. */
async function hostsExitCode(env: NodeJS.ProcessEnv): Promise<number | null> {
  const stdio = ['ignore', 'inherit', 'inherit', 'pipe'] as const;
  const child = spawn(process.execPath, [host], { env, stdio: [...stdio] });
  const [, , , socket] = child.stdio;
  assert.ok(socket !== null && socket !== undefined && 'end' in socket);
  socket.end();
  const [code] = await once(child, 'exit');
  return code;
}
