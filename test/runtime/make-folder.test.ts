import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeFolder } from '../../src/runtime/make-folder.ts';

test('folders that are missing are made for this user alone, and one that is there is left', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'kvs-folder-'));
  t.after(() => rmSync(root, { recursive: true }));
  const path = join(root, 'a', 'b', 'c');
  await makeFolder(path);
  await makeFolder(path);
  assert.equal(statSync(path).mode & 0o777, 0o700);
  assert.equal(statSync(join(root, 'a')).mode & 0o777, 0o700);
});

test('a file in the way is an error that says so', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'kvs-folder-'));
  t.after(() => rmSync(root, { recursive: true }));
  writeFileSync(join(root, 'file'), '');
  await assert.rejects(makeFolder(join(root, 'file')), { code: 'EEXIST' });
  await assert.rejects(makeFolder(join(root, 'file', 'a')), { code: 'ENOTDIR' });
});

test('below /proc, where nothing can be made, the error is the one of the kernel', async () => {
  await assert.rejects(makeFolder('/proc/kvs/spool/front-door'), { code: 'ENOENT' });
});
