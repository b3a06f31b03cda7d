// Compiles the native test programs, only what changed, two files at a time.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';

const JOBS = 2;
const WARNINGS = ['-Wall', '-Wextra', '-Werror'];

/** Folders of build/, and what the programs in them are compiled with beside the usual. */
const BUILDS = {
  Tests: [],
  Sanitize: ['-fsanitize=address,undefined', '-fno-sanitize-recover=undefined'],
  Threads: ['-fsanitize=thread'],
};

/** Sources of each program, as folders (all files) or single files, relative to the root. */
const PROGRAMS = {
  'bridge-test': [
    'native/bridge',
    'native/plugin/host_deaths.cc',
    'native/plugin/host_watch.cc',
    'test/native/bridge',
  ],
  'element-test': ['native/bridge', 'native/element', 'native/plugin', 'test/native/element'],
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

function sourcesOf(root, parts) {
  return parts.flatMap((part) =>
    part.endsWith('.cc')
      ? [join(root, part)]
      : readdirSync(join(root, part))
          .filter((name) => name.endsWith('.cc'))
          .map((name) => join(root, part, name)),
  );
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

async function compileAll(root, sources, out, flags) {
  const headers = newestHeader(root);
  const queue = [...sources].filter(([source, object]) => {
    const made = existsSync(object) ? statSync(object).mtimeMs : 0;
    return made < Math.max(headers, statSync(source).mtimeMs);
  });
  const compiler = process.env.CXX ?? 'g++';
  const worker = async () => {
    for (let job = queue.shift(); job; job = queue.shift()) {
      const [source, object] = job;
      await run(compiler, [...flags, '-c', source, '-o', object], out);
    }
  };
  await Promise.all(Array.from({ length: JOBS }, worker));
}

/** What nearly every file includes: read and compiled once for all. */
const COMMON = ['gst/gst.h', 'atomic', 'chrono', 'functional', 'map', 'mutex', 'string', 'thread'];

/** Makes a precompiled header of `COMMON`. @returns the options that use it. */
async function precompile(root, out, flags) {
  const header = join(out, 'common.h');
  writeFileSync(header, COMMON.map((name) => `#include <${name}>\n`).join(''));
  const make = ['-x', 'c++-header', header, '-o', `${header}.gch`];
  await run(process.env.CXX ?? 'g++', [...flags, ...make], root);
  return ['-include', header, '-Winvalid-pch'];
}

/** Builds all programs into that folder of build/, with the folder's sanitizers. */
export async function buildNativeTests(root, folder) {
  const out = join(root, 'build', folder);
  mkdirSync(out, { recursive: true });
  const modules = ['gstreamer-1.0', 'gstreamer-check-1.0'];
  const words = (option) => pkgConfig(root, option, modules);
  const extra = BUILDS[folder];
  const compile = ['-std=c++17', '-g', '-O0', ...WARNINGS, ...extra, ...(await words('--cflags'))];
  const libraries = [...extra, ...(await words('--libs')), '-pthread', '-ldl', '-rdynamic'];

  const objects = new Map();
  const programs = Object.entries(PROGRAMS).map(([name, parts]) => {
    const sources = sourcesOf(root, parts);
    for (const source of sources) {
      const flat = relative(root, source).replaceAll('/', '-').replace(/\.cc$/, '.o');
      objects.set(source, join(out, flat));
    }
    return { name, sources };
  });
  const precompiled = await precompile(root, out, compile);
  await compileAll(root, objects, out, [...compile, ...precompiled]);
  for (const { name, sources } of programs) {
    const inputs = sources.map((source) => objects.get(source));
    const program = join(out, basename(name));
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
