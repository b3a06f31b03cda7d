// node_modules, as package-lock.json has it, and the one dependency that has to be compiled.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nodeGypArguments } from './node-gyp.mjs';
import { root, run } from './run.mjs';

const modules = join(root, 'node_modules');
const stamp = join(modules, '.kvs-launch-setup');

/** Changes when node_modules has to be made anew: another lock file, another Node ABI. */
function wanted() {
  const lock = readFileSync(join(root, 'package-lock.json'));
  return `${createHash('sha256').update(lock).digest('hex')} ${process.versions.modules}`;
}

/** Runs node-gyp in a folder. Python 3.12 and later warn of how others write their binding.gyp. */
export function nodeGyp(args, options = {}) {
  const gyp = join(modules, 'node-gyp', 'bin', 'node-gyp.js');
  const env = { ...process.env, PYTHONWARNINGS: 'ignore' };
  run(process.execPath, [gyp, ...args, ...nodeGypArguments()], { env, ...options });
}

/**
 * Installs what package-lock.json says. Install scripts are left out, as npm 12 does by itself;
 * gstreamer-superficial, which needs one, is compiled here instead, against the running Node.
 */
export function ensureNpmPackages() {
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted()) return;
  console.log('Installing npm packages');
  run('npm', ['ci', '--ignore-scripts', '--no-fund', '--no-audit', '--loglevel=error']);
  console.log('Compiling gstreamer-superficial');
  const superficial = join(modules, 'gstreamer-superficial');
  nodeGyp(['rebuild', '--loglevel=error'], {
    cwd: superficial,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  writeFileSync(stamp, wanted());
}

/** Fetches a package with npm and unpacks what it holds into a folder. */
export function npmPack(spec, folder) {
  mkdirSync(folder, { recursive: true });
  const packed = join(folder, 'packed');
  mkdirSync(packed);
  run('npm', ['pack', '--silent', '--pack-destination', packed, spec], { stdio: 'pipe' });
  const [tarball] = readdirSync(packed);
  run('tar', ['xzf', join(packed, tarball), '--strip-components=1', '--no-same-owner'], {
    cwd: folder,
  });
  rmSync(packed, { recursive: true });
}
