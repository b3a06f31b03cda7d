import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { FolderLock } from '../../../src/local/data-folder/folder-lock.ts';
import { type LockRecord, ownRecord } from '../../../src/local/data-folder/lock-record.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { temporaryFolder } from '../support/service.ts';

const BEAT_MS = 40;

async function lock(t: TestContext, folder: string): Promise<FolderLock> {
  const held = await FolderLock.acquire(folder, systemClock, BEAT_MS);
  t.after(() => held.release());
  return held;
}

/** A process that has a folder locked. */
async function owner(t: TestContext, folder: string): Promise<ChildProcess> {
  const script = `
    import { FolderLock } from ${JSON.stringify(new URL('../../../src/local/data-folder/folder-lock.js', import.meta.url).href)};
    import { systemClock } from ${JSON.stringify(new URL('../../../src/runtime/clock.js', import.meta.url).href)};
    await FolderLock.acquire(${JSON.stringify(folder)}, systemClock);
    console.log('locked');
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  await once(child.stdout as NodeJS.EventEmitter, 'data');
  return child;
}

/** A record as a service on another machine leaves it in a folder that both have mounted. */
function foreignRecord(folder: string): string {
  mkdirSync(join(folder, 'lock'), { recursive: true });
  const file = join(folder, 'lock', '0000000000000000.json');
  const record: LockRecord = {
    ...ownRecord(true),
    hostname: 'elsewhere',
    bootId: 'another boot',
    state: 'held',
  };
  writeFileSync(file, JSON.stringify(record));
  return file;
}

test('one at a time has the folder; the other one learns who, and where', async (t) => {
  const folder = temporaryFolder(t);
  const first = await lock(t, folder);
  await first.announce(['http://127.0.0.1:8480']);
  await assert.rejects(FolderLock.acquire(folder, systemClock), (error: Error) => {
    assert.match(error.message, new RegExp(`process ${process.pid} on .*http://127.0.0.1:8480`));
    return 'code' in error && error.code === 'DATA_FOLDER_IN_USE';
  });
  await first.release();
  await (await lock(t, folder)).release();
  assert.deepEqual(readdirSync(join(folder, 'lock')), []);
});

test('of many that start at once one gets the folder, whatever a dead one left', async (t) => {
  const folder = temporaryFolder(t);
  (await owner(t, folder)).kill('SIGKILL');
  for (let round = 0; round < 5; round++) {
    const all = await Promise.allSettled(
      Array.from({ length: 8 }, () => FolderLock.acquire(folder, systemClock, BEAT_MS)),
    );
    const held = all.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    assert.equal(held.length, 1);
    await held[0]?.release();
  }
});

test('one that gives way at the moment at which it is looked at is not in the way', async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, 'lock', 'ffffffffffffffff');
  mkdirSync(join(folder, 'lock'));
  writeFileSync(`${path}.json`, JSON.stringify(ownRecord(true)));
  // Its record goes while its socket still answers.
  const socket = createServer((peer) => {
    rmSync(`${path}.json`, { force: true });
    peer.destroy();
  });
  t.after(() => socket.close());
  socket.listen(`${path}.sock`);
  await once(socket, 'listening');
  await lock(t, folder);
});

test('a process that was killed has let go of the folder', async (t) => {
  const folder = temporaryFolder(t);
  const child = await owner(t, folder);
  await assert.rejects(FolderLock.acquire(folder, systemClock), {
    message: new RegExp(`process ${child.pid} `),
  });
  child.kill('SIGKILL');
  await once(child, 'exit');
  await lock(t, folder);
  assert.equal(readdirSync(join(folder, 'lock')).filter((f) => f.endsWith('.json')).length, 1);
});

test('a process that is stopped still has the folder', async (t) => {
  const folder = temporaryFolder(t);
  const child = await owner(t, folder);
  child.kill('SIGSTOP');
  await assert.rejects(FolderLock.acquire(folder, systemClock), { code: 'DATA_FOLDER_IN_USE' });
});

test('a folder deeper than a socket’s path may be long is locked like any other', async (t) => {
  const folder = join(temporaryFolder(t), 'a'.repeat(120), 'b'.repeat(120));
  await lock(t, folder);
  // Without /proc its record alone says that it is there.
  const hasSocket = readdirSync(join(folder, 'lock')).some((file) => file.endsWith('.sock'));
  assert.equal(hasSocket, existsSync('/proc/self/fd'));
  await assert.rejects(FolderLock.acquire(folder, systemClock), { code: 'DATA_FOLDER_IN_USE' });
});

test('another machine has the folder for as long as it touches its record', async (t) => {
  const folder = temporaryFolder(t);
  const file = foreignRecord(folder);
  let seconds = Date.now() / 1000;
  const touching = setInterval(() => utimesSync(file, ++seconds, seconds), BEAT_MS);
  await assert
    .rejects(FolderLock.acquire(folder, systemClock, BEAT_MS), { message: /on elsewhere/ })
    .finally(() => clearInterval(touching));
  await lock(t, folder);
});

test('a record of before a reboot is not waited for', async (t) => {
  const folder = temporaryFolder(t);
  const file = foreignRecord(folder);
  utimesSync(file, 1, 1);
  // Watched, it would take ten minutes.
  const held = await FolderLock.acquire(folder, systemClock, 240_000);
  await held.release();
});

test('an owner touches its record', async (t) => {
  const folder = temporaryFolder(t);
  await lock(t, folder);
  const [name = ''] = readdirSync(join(folder, 'lock')).filter((f) => f.endsWith('.json'));
  const file = join(folder, 'lock', name);
  // Long ago, so that the touch is a change however coarse the file system's clock is.
  utimesSync(file, 1, 1);
  while (statSync(file).mtimeMs === 1000) await setTimeout(BEAT_MS);
  assert.equal((JSON.parse(readFileSync(file, 'utf8')) as LockRecord).pid, process.pid);
});

test('a folder that cannot be made is a sentence at once', async () => {
  await assert.rejects(FolderLock.acquire('/proc/kvs/data', systemClock), {
    code: 'DATA_FOLDER_UNUSABLE',
    message: /^The folder \/proc\/kvs\/data\/lock cannot be used: ENOENT/,
  });
});
