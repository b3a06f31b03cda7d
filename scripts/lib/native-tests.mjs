// Compiles the native test programs, only what changed, two units at a time. A unit is all sources of
// a folder in one: most of what a single source costs is the headers that all of them include.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const JOBS = 2;
const WARNINGS = ['-Wall', '-Wextra', '-Werror'];

/**
 * Folders of build/, and what the programs in them are compiled with beside the usual. A sanitizer's
 * traces want the lines alone, which a debugger is not content with.
 */
const BUILDS = {
  Tests: ['-g'],
  Sanitize: ['-g1', '-fsanitize=address,undefined', '-fno-sanitize-recover=undefined'],
  Threads: ['-g1', '-fsanitize=thread'],
};

/** Units of each program: a folder (all files) or a single file, relative to the root. */
const PROGRAMS = {
  'bridge-test': [
    'native/bridge',
    'native/plugin/batch_alarm.cc',
    'native/plugin/host_deaths.cc',
    'native/plugin/host_watch.cc',
    'native/plugin/platform.cc',
    'test/native/bridge',
  ],
  'element-test': ['test/native/element', 'native/element', 'native/bridge', 'native/plugin'],
};

function run(command, args, cwd) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0 ? resolve(output) : reject(new Error(`${command} failed with code ${code}`)),
    );
  });
}

function sourcesOf(root, part) {
  if (part.endsWith('.cc')) return [join(root, part)];
  return readdirSync(join(root, part))
    .filter((name) => name.endsWith('.cc'))
    .sort()
    .map((name) => join(root, part, name));
}

function newestHeader(root) {
  return Math.max(
    ...['native', 'test/native'].flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true })
        .filter((name) => name.endsWith('.h'))
        .map((name) => statSync(join(root, folder, name)).mtimeMs),
    ),
  );
}

/** What pkg-config says of these modules, as words. */
async function pkgConfig(root, option, modules) {
  return (await run('pkg-config', [option, ...modules], root)).trim().split(/\s+/);
}

/** Writes the source that includes all sources of a unit, when they are others than the last time. */
function writeUnit(path, sources) {
  const text = sources.map((source) => `#include "${source}"\n`).join('');
  if (!existsSync(path) || readFileSync(path, 'utf8') !== text) writeFileSync(path, text);
}

async function compileAll(root, units, out, flags) {
  const headers = newestHeader(root);
  const queue = units.filter(({ unit, object, sources }) => {
    const made = existsSync(object) ? statSync(object).mtimeMs : 0;
    return [unit, ...sources].some((source) => made < Math.max(headers, statSync(source).mtimeMs));
  });
  const compiler = process.env.CXX ?? 'g++';
  const worker = async () => {
    for (let job = queue.shift(); job; job = queue.shift()) {
      await run(compiler, [...flags, '-c', job.unit, '-o', job.object], out);
    }
  };
  await Promise.all(Array.from({ length: JOBS }, worker));
}

/** Builds all programs into that folder of build/, with the folder's sanitizers. */
export async function buildNativeTests(root, folder) {
  const out = join(root, 'build', folder);
  mkdirSync(out, { recursive: true });
  const modules = ['gstreamer-1.0', 'gstreamer-check-1.0'];
  const words = (option) => pkgConfig(root, option, modules);
  const extra = BUILDS[folder];
  const compile = ['-std=c++17', '-O0', ...WARNINGS, ...extra, ...(await words('--cflags'))];
  const libraries = [...extra, ...(await words('--libs')), '-pthread', '-ldl', '-rdynamic'];

  // The largest come first, so that both workers end at about the same time.
  const parts = [...new Set(Object.values(PROGRAMS).toReversed().flat())];
  const units = parts.map((part) => {
    const unit = join(out, part.replaceAll('/', '-').replace(/(\.cc)?$/, '.cc'));
    const sources = sourcesOf(root, part);
    writeUnit(unit, sources);
    return { part, unit, object: unit.replace(/\.cc$/, '.o'), sources };
  });
  await compileAll(root, units, out, compile);
  for (const [name, own] of Object.entries(PROGRAMS)) {
    const inputs = units.filter(({ part }) => own.includes(part)).map(({ object }) => object);
    const program = join(out, name);
    await run(process.env.CXX ?? 'g++', [...inputs, ...libraries, '-o', program], out);
  }
}

/** Builds scriptedsrc, which plays what a test wrote down, as a plugin of its own. */
export async function buildScriptedSource(root, plugin) {
  mkdirSync(dirname(join(root, plugin)), { recursive: true });
  const words = (option) => pkgConfig(root, option, ['gstreamer-1.0']);
  const flags = ['-std=c++17', '-O1', '-g', '-fPIC', '-shared', ...WARNINGS];
  const source = join(root, 'test/native/scripted/source.cc');
  const out = ['-o', join(root, plugin)];
  const [cflags, libraries] = [await words('--cflags'), await words('--libs')];
  await run(process.env.CXX ?? 'g++', [...flags, ...cflags, source, ...out, ...libraries], root);
}
