import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { KvsError } from '../../src/errors/kvs-error.ts';
import { findNativeFiles } from '../../src/host/native/native-files.ts';

describe('where the compiled parts are looked for', () => {
  let root = '';
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'native-files-'));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  function compiled(folder: string): void {
    mkdirSync(join(root, folder, 'gstreamer-1.0'), { recursive: true });
    writeFileSync(join(root, folder, 'kvssink_addon.node'), '');
    writeFileSync(join(root, folder, 'gstreamer-1.0', 'libgstkvssink.so'), '');
  }

  it('takes what the package brings along for the platform', () => {
    compiled('prebuilds/linux-arm64');
    compiled('prebuilds/linux-x64');
    const found = findNativeFiles(root, 'linux', 'arm64');
    assert.equal(found.origin, 'prebuild');
    assert.equal(found.addon, join(root, 'prebuilds/linux-arm64/kvssink_addon.node'));
    assert.equal(found.pluginFolder, join(root, 'prebuilds/linux-arm64/gstreamer-1.0'));
  });

  it('prefers what was compiled on this machine', () => {
    compiled('prebuilds/linux-x64');
    compiled('build/Release');
    assert.equal(findNativeFiles(root, 'linux', 'x64').origin, 'build');
  });

  it('does not take half a build', () => {
    compiled('build/Release');
    compiled('prebuilds/linux-x64');
    rmSync(join(root, 'build/Release/kvssink_addon.node'));
    assert.equal(findNativeFiles(root, 'linux', 'x64').origin, 'prebuild');
  });

  it('names the command and the Debian packages where nothing fits', () => {
    compiled('prebuilds/linux-x64');
    assert.throws(
      () => findNativeFiles(root, 'linux', 'riscv64'),
      (error: unknown) =>
        error instanceof KvsError &&
        error.code === 'STATUS_NOT_FOUND' &&
        error.message.includes('linux-riscv64') &&
        error.advice.includes('npx kvs-launch build-native') &&
        error.advice.includes('libgstreamer1.0-dev'),
    );
  });

  it('takes nothing that was made for another C library', () => {
    compiled('prebuilds/linux-x64');
    assert.throws(() => findNativeFiles(root, 'linux', 'x64', true), /linux-x64-musl/);
    compiled('prebuilds/linux-x64-musl');
    const { addon } = findNativeFiles(root, 'linux', 'x64', true);
    assert.equal(addon, join(root, 'prebuilds/linux-x64-musl/kvssink_addon.node'));
  });

  it('says what to do on each system', () => {
    const advice = (platform: string, isMusl = false): string => {
      try {
        findNativeFiles(root, platform, 'x64', isMusl);
      } catch (error) {
        if (error instanceof KvsError) return error.advice;
      }
      return '';
    };
    assert.match(advice('linux'), /build-native.*apt-get install g\+\+/);
    assert.match(advice('linux', true), /build-native.*apk add g\+\+/);
    assert.match(advice('darwin'), /build-native.*brew install gstreamer/);
    assert.match(advice('win32'), /run on Linux and macOS.*local work/);
  });
});
