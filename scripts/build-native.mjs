// Builds the plugin and the addon into build/Release. With --sanitize also the native test programs
// that `npm test` runs: with ASan and UBSan (build/Sanitize) and with TSan (build/Threads). With
// --tests the same without any (build/Tests; for valgrind and gdb). With --no-release no plugin and no
// addon. Does nothing when nothing changed since the last time.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  accessSync,
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findNodeGyp, nodeGypArguments } from './lib/node-gyp.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const arguments_ = new Set(process.argv.slice(2));

/** What to install, as a sentence's end: `On Debian: …`. */
const HOW_TO_GET = {
  linux: existsSync('/etc/alpine-release')
    ? 'On Alpine: apk add g++ make python3 pkgconf gstreamer-dev gst-plugins-base-dev'
    : 'On Debian: apt-get install ' +
      'g++ make python3 pkg-config libgstreamer1.0-dev libgstreamer-plugins-base1.0-dev',
  darwin: 'On macOS: xcode-select --install; brew install gstreamer pkgconf',
}[process.platform];
if (HOW_TO_GET === undefined) {
  console.error(
    `kvssink cannot be compiled on ${process.platform} yet: docs/5-inside/windows.md says what is missing.`,
  );
  process.exit(1);
}

function fail(message) {
  console.error(message);
  process.exit(1);
}

/** Files whose change makes a build necessary. */
function inputs(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** Changes when a source, the Node headers or the GStreamer headers change. */
function fingerprint(extra) {
  const hash = createHash('sha256');
  const folders = extra === 'release' ? ['native'] : ['native', 'test/native'];
  const packaged = join(root, 'native', 'binding.gyp');
  const paths = folders.flatMap((folder) => inputs(join(root, folder)));
  // The package's copy of the root's comes and goes in a clone, with npm ci and npm pack.
  for (const path of [...paths.filter((one) => one !== packaged), join(root, 'binding.gyp')]) {
    const { mtimeMs, size } = statSync(path);
    hash.update(`${path}\0${mtimeMs}\0${size}\n`);
  }
  hash.update(JSON.stringify([process.versions.modules, process.arch, extra]));
  return hash.digest('hex');
}

/** Runs `build` unless the stamp says that its outputs are those of these inputs. */
async function whenChanged(stampName, outputs, extra, build) {
  const stamp = join(root, 'build', stampName);
  const wanted = fingerprint(extra);
  const upToDate =
    outputs.every((path) => existsSync(join(root, path))) &&
    existsSync(stamp) &&
    readFileSync(stamp, 'utf8') === wanted;
  if (upToDate) return;
  await build();
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, wanted);
}

/** The programs that node-gyp starts; its own words about a missing one do not say what to install. */
function checkPrograms() {
  const { CXX, MAKE, PYTHON } = process.env;
  const compiler = process.platform === 'darwin' ? 'c++' : 'g++';
  for (const command of [CXX || compiler, MAKE || 'make', PYTHON || 'python3']) {
    const [program] = command.split(' ');
    if (spawnSync(program, ['--version']).error === undefined) continue;
    fail(`${program} is not installed. ${HOW_TO_GET}`);
  }
}

function checkTools(modules) {
  for (const module of modules) {
    const { status, error } = spawnSync('pkg-config', ['--exists', module]);
    if (status === 0) continue;
    fail(
      error
        ? `pkg-config is not installed. ${HOW_TO_GET}`
        : `GStreamer's development files (${module}) are not installed. ${HOW_TO_GET}`,
    );
  }
}

/** Runs a tool and shows what it printed only when it failed. */
function run(command, args) {
  const { status, error, stdout, stderr } = spawnSync(command, args, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (error) fail(`${command} cannot be run (${error.message}). ${HOW_TO_GET}`);
  if (status !== 0) fail(`${stdout}${stderr}\n${command} failed with code ${status}.`);
}

function checkWritable() {
  try {
    accessSync(root, constants.W_OK);
  } catch {
    fail(`${root} cannot be written by this user. Run the command as the one who installed it.`);
  }
}

/**
 * node-gyp wants it in the root. The package has it elsewhere: pnpm and yarn compile every package
 * that has one there, and fail where that cannot be done.
 */
function provideBindingGyp() {
  const path = join(root, 'binding.gyp');
  if (existsSync(path)) return;
  checkWritable();
  copyFileSync(join(root, 'native', 'binding.gyp'), path);
}

function buildAddon() {
  checkTools(['gstreamer-1.0']);
  checkPrograms();
  checkWritable();
  const nodeGyp = findNodeGyp();
  if (nodeGyp === undefined) {
    fail('node-gyp is missing. It comes with npm; on Debian: apt-get install node-gyp');
  }
  const steps = existsSync(join(root, 'build', 'Makefile')) ? ['build'] : ['configure', 'build'];
  // configure again when binding.gyp is newer than what it made.
  const stale =
    steps.length === 1 &&
    statSync(join(root, 'binding.gyp')).mtimeMs > statSync(join(root, 'build', 'Makefile')).mtimeMs;
  console.log('Compiling the plugin and the addon');
  for (const step of stale ? ['configure', 'build'] : steps) {
    run(process.execPath, [
      nodeGyp,
      step,
      '--loglevel=error',
      '--jobs',
      '2',
      ...nodeGypArguments(),
    ]);
  }
}

const RELEASE = [
  `build/Release/gstreamer-1.0/libgstkvssink.${process.platform === 'darwin' ? 'dylib' : 'so'}`,
  'build/Release/kvssink_addon.node',
];
function programs(folder) {
  return ['bridge-test', 'element-test'].map((name) => `build/${folder}/${name}`);
}

/** A GStreamer source for tests; with neither sanitizer, since Python and Node load it. */
const SCRIPTED = 'build/Scripted/gstreamer-1.0/libgstscripted.so';

async function buildScripted() {
  const { buildScriptedSource } = await import('./lib/native-tests.mjs');
  await buildScriptedSource(root, SCRIPTED).catch((error) => fail(error.message));
}

async function buildTests(folder) {
  checkTools(['gstreamer-1.0', 'gstreamer-check-1.0']);
  // The package has no tests, and not this file either.
  const { buildNativeTests } = await import('./lib/native-tests.mjs');
  await buildNativeTests(root, folder).catch((error) => fail(error.message));
}

if (!arguments_.has('--no-release')) {
  provideBindingGyp();
  await whenChanged('release.stamp', RELEASE, 'release', buildAddon);
}
const testBuilds = [
  ...(arguments_.has('--tests') ? ['Tests'] : []),
  ...(arguments_.has('--sanitize') ? ['Sanitize', 'Threads'] : []),
];
for (const folder of testBuilds) {
  const name = folder.toLowerCase();
  await whenChanged(`${name}.stamp`, programs(folder), name, () => buildTests(folder));
}
if (arguments_.has('--sanitize')) {
  await whenChanged('scripted.stamp', [SCRIPTED], 'scripted', buildScripted);
}
