// Installs what is missing and builds: system packages, npm packages, native parts, TypeScript.
// Every step looks first whether there is anything to do, so that running it again is quick.
import { accessSync, constants } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { ensureNpmPackages } from './lib/npm-packages.mjs';
import { fail, root, run } from './lib/run.mjs';
import { ensureSystemPackages } from './lib/system-packages.mjs';

/** Groups of system packages by what is going to be done: see lib/system-packages.mjs. */
export function setup(groups) {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    fail(`Node ${process.versions.node} is too old: install Node 20.19 or later.`);
  }
  if (process.platform !== 'linux') {
    fail(`This runs on Linux; ${process.platform} has no packages of GStreamer that we know.`);
  }
  try {
    accessSync(root, constants.W_OK);
  } catch {
    fail(
      `This user cannot write in ${root}. Clone the sources as this user, or run it as their owner.`,
    );
  }
  ensureSystemPackages(groups);
  ensureNpmPackages();
  const tests = groups.includes('test') ? ['--sanitize'] : [];
  run(process.execPath, [`${root}/scripts/build-native.mjs`, ...tests]);
  run(process.execPath, [`${root}/scripts/build-ts.mjs`]);
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  setup(process.argv.includes('--tests') ? ['build', 'run', 'test'] : ['build', 'run']);
}
