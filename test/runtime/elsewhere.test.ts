// Locks where there is no /proc, as on macOS: in processes that have none (support/elsewhere.ts).
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';

const LOCKS = {
  'a spool': `
    const { SpoolLock } = await import(new URL('spool/lock.js', SOURCES));
    const lock = await SpoolLock.take(FOLDER);`,
  'a data folder': `
    const { FolderLock } = await import(new URL('local/data-folder/folder-lock.js', SOURCES));
    const { systemClock } = await import(new URL('runtime/clock.js', SOURCES));
    const lock = await FolderLock.acquire(FOLDER, systemClock);`,
};

/** Starts a process that locks a folder; it lets go of it when its standard input ends. */
function start(t: TestContext, kind: keyof typeof LOCKS, folder: string): ChildProcess {
  const script = `
    const SOURCES = ${JSON.stringify(new URL('../../src/', import.meta.url))};
    const FOLDER = ${JSON.stringify(folder)};
    try {
      ${LOCKS[kind]}
      console.log('locked');
      process.stdin.resume().once('end', () => lock.release().then(() => process.exit(0)));
    } catch (error) {
      console.log(error.message);
      process.exit(1);
    }`;
  const elsewhere = new URL('../support/elsewhere.js', import.meta.url).href;
  const args = ['--import', elsewhere, '--input-type=module', '-e', script];
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  return child;
}

async function said(child: ChildProcess): Promise<string> {
  assert.ok(child.stdout);
  const [text] = await once(child.stdout, 'data');
  return String(text).trim();
}

for (const kind of Object.keys(LOCKS) as (keyof typeof LOCKS)[]) {
  test(`without /proc one process at a time has ${kind}, until it ends or is killed`, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'lock-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const first = start(t, kind, folder);
    assert.equal(await said(first), 'locked');
    assert.match(await said(start(t, kind, folder)), new RegExp(`process ${first.pid}\\b`));

    first.kill('SIGKILL');
    await once(first, 'exit');
    const second = start(t, kind, folder);
    assert.equal(await said(second), 'locked');
    second.stdin?.end();
    const [code] = await once(second, 'exit');
    assert.equal(code, 0);
    const left = readdirSync(folder, { recursive: true }).filter((name) => name !== 'lock');
    assert.deepEqual(left, []);
  });
}
