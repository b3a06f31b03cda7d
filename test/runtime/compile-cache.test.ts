import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { compileCacheFolder } from '../../src/runtime/compile-cache.ts';

/** A folder that goes with the scope; below /tmp, which all may write and none may empty. */
function temporary(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), 'kvs-cache-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

test("compiled code is kept in the unit's cache folder, else in the user's, which is made for this user alone", () => {
  using home = temporary();
  using unit = temporary();
  const env = { HOME: home.path };
  const own = compileCacheFolder(env);
  assert.equal(own, join(home.path, '.cache', 'kvs-launch'));
  assert.equal(statSync(own).mode & 0o777, 0o700);
  assert.equal(compileCacheFolder(env), own);
  const xdg = { ...env, XDG_CACHE_HOME: join(home.path, 'caches') };
  assert.equal(compileCacheFolder(xdg), join(home.path, 'caches', 'kvs-launch'));
  const systemd = { ...xdg, CACHE_DIRECTORY: `${unit.path}:/var/cache/other` };
  assert.equal(compileCacheFolder(systemd), join(unit.path, 'kvs-launch'));
});

test('compiled code is not kept where nothing can be written, or nobody is at home', () => {
  assert.equal(compileCacheFolder({}), undefined);
  assert.equal(compileCacheFolder({ HOME: '' }), undefined);
  assert.equal(compileCacheFolder({ HOME: 'relative' }), undefined);
  assert.equal(compileCacheFolder({ HOME: '/nonexistent/home' }), undefined);
  assert.equal(compileCacheFolder({ XDG_CACHE_HOME: '/proc' }), undefined);
});

test('compiled code is not read from a folder that others may write', () => {
  using home = temporary();
  const folder = join(home.path, '.cache', 'kvs-launch');
  mkdirSync(folder, { recursive: true });
  for (const mode of [0o777, 0o770, 0o702]) {
    chmodSync(folder, mode);
    assert.equal(compileCacheFolder({ HOME: home.path }), undefined, mode.toString(8));
  }
  chmodSync(folder, 0o755);
  assert.equal(compileCacheFolder({ HOME: home.path }), folder);
});

test('compiled code is not read from below a folder whose entries others may exchange', () => {
  using home = temporary();
  assert.ok(compileCacheFolder({ HOME: home.path }) !== undefined);
  chmodSync(home.path, 0o777);
  assert.equal(compileCacheFolder({ HOME: home.path }), undefined);
  // As in /tmp, where only the owner may.
  chmodSync(home.path, 0o1777);
  assert.ok(compileCacheFolder({ HOME: home.path }) !== undefined);
});

test('a link is as good as the folder that it leads to', () => {
  using home = temporary();
  using open = temporary();
  chmodSync(open.path, 0o777);
  mkdirSync(join(home.path, '.cache'));
  symlinkSync(open.path, join(home.path, '.cache', 'kvs-launch'));
  assert.equal(compileCacheFolder({ HOME: home.path }), undefined);
  chmodSync(open.path, 0o700);
  assert.equal(compileCacheFolder({ HOME: home.path }), open.path);
});

test("compiled code is not read from somebody else's folder", () => {
  using home = temporary();
  const isRoot = process.getuid?.() === 0;
  // Only root can give a folder away; for all others /usr/bin is one that is root's.
  const folder = isRoot ? join(home.path, 'theirs') : '/usr/bin';
  if (isRoot) {
    mkdirSync(folder);
    chownSync(folder, 65_534, 65_534);
  }
  mkdirSync(join(home.path, '.cache'));
  symlinkSync(folder, join(home.path, '.cache', 'kvs-launch'));
  assert.equal(compileCacheFolder({ HOME: home.path }), undefined);
});
