// macOS' calls, without a Mac: the native parts are checked by the compiler against headers that have
// what macOS has, and not what Linux alone has (test/native/macos).
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../../src/runtime/package-root.ts';

/** All that calls the system; the element calls GLib alone. */
const FOLDERS = ['native/bridge', 'native/plugin'];

function pkgConfig(...args: string[]): string[] {
  return spawnSync('pkg-config', args, { encoding: 'utf8' }).stdout.trim().split(/\s+/);
}

test('the plugin has no call that macOS does not have', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'macos-'));
  t.after(() => rmSync(folder, { recursive: true }));
  // All in one: most of what a single file costs is the headers.
  const unit = join(folder, 'all.cc');
  const sources = FOLDERS.flatMap((name) =>
    readdirSync(join(packageRoot, name))
      .filter((file) => file.endsWith('.cc'))
      .map((file) => `#include "${join(packageRoot, name, file)}"\n`),
  );
  writeFileSync(unit, sources.join(''));
  const { status, stderr } = spawnSync(
    // The formats of numbers are those of this system's GLib.
    process.env['CXX'] ?? 'g++',
    [
      ...['-std=c++17', '-fsyntax-only', '-Wall', '-Wextra', '-Werror', '-Wno-format'],
      ...['-U__linux__', '-U__linux', '-Ulinux', '-D__APPLE__', '-D_GNU_SOURCE'],
      `-I${join(packageRoot, 'test', 'native', 'macos')}`,
      ...pkgConfig('--cflags', 'gstreamer-1.0'),
      unit,
    ],
    { encoding: 'utf8' },
  );
  assert.equal(status, 0, stderr);
});
