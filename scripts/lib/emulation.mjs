// Running programs of the other architecture, with qemu-user-static.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fail, has, run } from './run.mjs';

/** Lets foreign binaries run, as qemu-user-static's package does at boot. */
export function enableEmulation(architecture) {
  if (architecture === 'amd64' && process.arch === 'x64') return;
  if (architecture === 'arm64' && process.arch === 'arm64') return;
  const interpreter = architecture === 'arm64' ? 'qemu-aarch64' : 'qemu-x86_64';
  const folder = '/proc/sys/fs/binfmt_misc';
  if (!existsSync(join(folder, 'register'))) run('mount', ['-t', 'binfmt_misc', 'none', folder]);
  if (existsSync(join(folder, interpreter))) return;
  if (!has('update-binfmts')) {
    fail(
      `For ${architecture}: apt-get install qemu-user-static binfmt-support arch-test (and try again)`,
    );
  }
  spawnSync('update-binfmts', ['--enable', interpreter]);
  if (!existsSync(join(folder, interpreter))) fail(`${interpreter} could not be registered.`);
}
