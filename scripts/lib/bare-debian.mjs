// A Debian of its own in a folder, and commands in it: where users would install something.
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './run.mjs';

const CERTIFICATES = '/etc/ssl/certs/ca-certificates.crt';

export class Bare {
  /** @param options of mmdebstrap beside the usual. */
  constructor(suite, folder, architecture, packages, options = []) {
    this.suite = suite;
    this.folder = folder;
    run('mmdebstrap', [
      // It is thrown away: nothing in it has to survive a power cut.
      ...['--quiet', '--variant=minbase', '--dpkgopt=force-unsafe-io', ...options],
      ...(packages.length > 0 ? [`--include=${packages.join(',')}`] : []),
      `--architectures=${architecture}`,
      ...[suite, folder],
    ]);
    copyFileSync('/etc/resolv.conf', this.path('etc/resolv.conf'));
    if (existsSync(CERTIFICATES)) copyFileSync(CERTIFICATES, this.path('machine-ca.crt'));
    for (const name of ['proc', 'sys', 'dev']) {
      run('mount', ['--rbind', `/${name}`, this.path(name)]);
    }
  }

  path(name) {
    return join(this.folder, name);
  }

  /** Runs a shell script in it, as a user would. */
  try(script) {
    const env = [
      ...['HOME=/root', 'PATH=/opt/node/bin:/usr/bin:/bin:/usr/sbin:/sbin', 'LC_ALL=C.UTF-8'],
      ...['DEBIAN_FRONTEND=noninteractive', 'npm_config_cafile=/machine-ca.crt'],
    ];
    const args = [this.folder, 'env', '-i', ...env, 'sh', '-euc', script];
    return spawnSync('chroot', args, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  }

  do(script) {
    const { status, stdout, stderr } = this.try(script);
    if (status !== 0) throw new Error(`${script}\n${stdout.slice(-2000)}${stderr.slice(-3000)}`);
    return stdout;
  }

  remove() {
    for (const name of ['proc', 'sys', 'dev']) spawnSync('umount', ['-lR', this.path(name)]);
    rmSync(this.folder, { recursive: true, force: true });
  }
}
