// Installs what is missing and builds: system packages, npm packages, native parts, TypeScript.
// Every step looks first whether there is anything to do, so that running it again is quick.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureNpmPackages } from './lib/npm-packages.mjs';
import { fail, root, run } from './lib/run.mjs';
import { ensureSystemPackages } from './lib/system-packages.mjs';

const BUILD_NATIVE = join(root, 'scripts', 'build-native.mjs');

/** The native test programs need no npm package: they are compiled while npm waits for the net. */
async function buildNativeTests() {
  const child = spawn(process.execPath, [BUILD_NATIVE, '--sanitize', '--no-release'], {
    cwd: root,
    stdio: 'inherit',
  });
  const [code, signal] = await once(child, 'exit');
  if (code !== 0) fail(`The native tests were not built: ${signal ?? `exit code ${code}`}.`);
}

/** Groups of system packages by what is going to be done: see lib/system-packages.mjs. */
export async function setup(groups) {
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
  const tests = groups.includes('test') ? buildNativeTests() : undefined;
  ensureNpmPackages();
  run(process.execPath, [BUILD_NATIVE]);
  run(process.execPath, [join(root, 'scripts', 'build-ts.mjs')]);
  await tests;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  await setup(process.argv.includes('--tests') ? ['build', 'run', 'test'] : ['build', 'run']);
}
