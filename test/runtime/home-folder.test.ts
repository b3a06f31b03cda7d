import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { homeFolder } from '../../src/runtime/home-folder.ts';
import { packageRoot } from '../../src/runtime/package-root.ts';

function home(): string {
  return '/home/kvs';
}

describe('the folder of the user’s settings', () => {
  it('is HOME, and without that what the system says', () => {
    assert.equal(homeFolder({ HOME: '/srv/kvs' }, home), '/srv/kvs');
    assert.equal(homeFolder({}, home), '/home/kvs');
    assert.equal(homeFolder({ HOME: '' }, home), '/home/kvs');
  });

  it('is / for a user whom the system does not know', () => {
    const unknown = () => {
      throw new Error('A system error occurred: uv_os_homedir returned ENOENT');
    };
    assert.equal(homeFolder({}, unknown), '/');
    assert.equal(
      homeFolder({ HOME: '' }, () => ''),
      '/',
    );
  });

  const isRoot = process.getuid?.() === 0;
  it('does not stop a command of such a user', {
    skip: !isRoot && 'only root can be another user',
  }, () => {
    // Loaded by root, who can read a working copy wherever it is.
    const script = `
      const { homeFolder } = await import(process.argv[1]);
      process.setgid(54321);
      process.setuid(54321);
      delete process.env.HOME;
      console.log(homeFolder(process.env));`;
    const { stdout, stderr } = spawnSync(
      process.execPath,
      ['--input-type=module', '-e', script, join(packageRoot, 'dist/src/runtime/home-folder.js')],
      { encoding: 'utf8' },
    );
    assert.equal(stdout, '/\n', stderr);
  });
});
