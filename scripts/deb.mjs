// Makes gstreamer1.0-kvssink_VERSION_ARCH.deb of the npm package: the plugin in GStreamer's own folder,
// the core in /usr/lib/kvs-launch, the command, its man page, and units for systemd.
//   node scripts/deb.mjs TARBALL [amd64] [arm64] [--to FOLDER]
// TARBALL is one that `npm run release` makes, with binaries for both. DEBFULLNAME and DEBEMAIL name the
// maintainer, as for Debian's own tools. Needs dpkg-deb; no root. The same tarball and lock file give
// the same package.
import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { changelog, control, copyright, md5sums, USER } from './deb/control.mjs';
import { copyProductionModules, isForDevelopers } from './lib/production-modules.mjs';
import { fail, has, output, root, run } from './lib/run.mjs';

const PACKAGE = 'gstreamer1.0-kvssink';
const CORE = 'usr/lib/kvs-launch';
const ARCHITECTURES = {
  amd64: { node: 'x64', triplet: 'x86_64-linux-gnu' },
  arm64: { node: 'arm64', triplet: 'aarch64-linux-gnu' },
};
/** What runs, of the npm package. */
const RUNS = [
  ...['package.json', 'LICENSE', 'THIRD-PARTY-LICENSES.md', 'dist/bundle', 'dist/page', 'bin'],
  ...['dist/kvs-launch.schema.json', 'dist/kvs-launch-cameras.schema.json'],
];

/** The sources of a package that was unpacked, and the production dependencies of the lock file. */
function unpack(tarball, folder) {
  run('tar', ['xzf', resolve(tarball), '--strip-components=1', '-C', folder]);
  const modules = join(folder, 'locked');
  mkdirSync(modules);
  for (const name of ['package.json', 'package-lock.json']) {
    copyFileSync(join(root, name), join(modules, name));
  }
  const left = ['--omit=dev', '--omit=optional', '--ignore-scripts', '--no-audit', '--no-fund'];
  run('npm', ['ci', '--silent', ...left], { cwd: modules, stdio: ['ignore', 'ignore', 'inherit'] });
  return join(modules, 'node_modules');
}

/** Lays out what is installed. */
function layOut(from, modules, tree, architecture) {
  const { node, triplet } = ARCHITECTURES[architecture];
  const core = join(tree, CORE);
  for (const path of RUNS) {
    cpSync(join(from, path), join(core, path), {
      recursive: true,
      filter: (file) => file === join(from, path) || !isForDevelopers(file),
    });
  }
  copyProductionModules(modules, join(core, 'node_modules'));
  usesNodeOfDebian(join(core, 'bin', 'kvs-launch.js'));
  mkdirSync(join(tree, 'usr', 'bin'), { recursive: true });
  symlinkSync('../lib/kvs-launch/bin/kvs-launch.js', join(tree, 'usr', 'bin', 'kvs-launch'));

  const plugins = join(tree, 'usr', 'lib', triplet, 'gstreamer-1.0');
  mkdirSync(plugins, { recursive: true });
  const prebuilt = join(from, 'prebuilds', `linux-${node}`);
  copyFileSync(
    join(prebuilt, 'gstreamer-1.0', 'libgstkvssink.so'),
    join(plugins, 'libgstkvssink.so'),
  );
  // Where the core looks for both.
  const native = join(core, 'prebuilds', `linux-${node}`);
  mkdirSync(join(native, 'gstreamer-1.0'), { recursive: true });
  copyFileSync(join(prebuilt, 'kvssink_addon.node'), join(native, 'kvssink_addon.node'));
  symlinkSync(
    `../../../../${triplet}/gstreamer-1.0/libgstkvssink.so`,
    join(native, 'gstreamer-1.0', 'libgstkvssink.so'),
  );
}

/** Debian's programs name their interpreter by its path. */
function usesNodeOfDebian(file) {
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, text.replace(/^#!.*/, '#!/usr/bin/node'), { mode: 0o755 });
}

function layOutDocuments(from, tree, version, date) {
  const documents = join(tree, 'usr', 'share', 'doc', PACKAGE);
  const man = join(tree, 'usr', 'share', 'man', 'man1');
  for (const folder of [documents, man]) mkdirSync(folder, { recursive: true });
  const compressed = (text) => gzipSync(text, { level: 9 });
  writeFileSync(
    join(man, 'kvs-launch.1.gz'),
    compressed(readFileSync(join(from, 'dist/man/kvs-launch.1'))),
  );
  writeFileSync(
    join(documents, 'changelog.gz'),
    compressed(readFileSync(join(from, 'CHANGELOG.md'))),
  );
  writeFileSync(
    join(documents, 'changelog.Debian.gz'),
    compressed(changelog(PACKAGE, version, date)),
  );
  writeFileSync(join(documents, 'copyright'), copyright(join(tree, CORE)));
  copyFileSync(join(root, 'scripts/deb/README.Debian'), join(documents, 'README.Debian'));
  const overrides = join(tree, 'usr', 'share', 'lintian', 'overrides');
  mkdirSync(overrides, { recursive: true });
  copyFileSync(join(root, 'scripts/deb/lintian-overrides'), join(overrides, PACKAGE));
}

/** The examples' units, with the paths and the user of this package. */
function layOutUnits(tree) {
  const units = join(tree, 'usr', 'lib', 'systemd', 'system');
  mkdirSync(units, { recursive: true });
  for (const name of ['kvs-camera.service', 'kvs-cameras.service', 'kvs-rtsp@.service']) {
    const text = readFileSync(join(root, 'examples', 'systemd', name), 'utf8')
      .replaceAll('/opt/kvs-launch/node_modules/.bin/kvs-launch', '/usr/bin/kvs-launch')
      .replace(/^User=kvs$/m, `User=${USER}`)
      .replaceAll('owned by kvs', `owned by ${USER}`)
      .replace(/^Documentation=.*$/m, 'Documentation=man:kvs-launch(1)');
    writeFileSync(join(units, name), text);
  }
}

/** What begins as a program is one, and nothing else: npm's modes are those of its authors. */
function setModes(tree) {
  for (const entry of readdirSync(tree, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    chmodSync(path, readFileSync(path).subarray(0, 2).toString() === '#!' ? 0o755 : 0o644);
  }
}

function layOutControl(tree, architecture, version) {
  const folder = join(tree, 'DEBIAN');
  const kilobytes = output('du', ['-sk', '--apparent-size', join(tree, 'usr')]).split('\t')[0];
  mkdirSync(folder);
  writeFileSync(join(folder, 'md5sums'), md5sums(tree));
  writeFileSync(join(folder, 'control'), control(PACKAGE, version, architecture, kilobytes));
  for (const name of ['postinst', 'prerm', 'postrm']) {
    copyFileSync(join(root, 'scripts', 'deb', name), join(folder, name));
    chmodSync(join(folder, name), 0o755);
  }
}

/**
 * Makes the package for each architecture.
 * @returns the paths.
 */
export function makeDebs(tarball, architectures, to) {
  if (!has('dpkg-deb')) fail('dpkg-deb is missing: this is made on Debian or Ubuntu.');
  const { version: upstream } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  // A pre-release is older than the release to dpkg, too.
  const version = `${upstream.replace('-', '~')}-1`;
  const seconds = Number(output('git', ['log', '-1', '--format=%ct']));
  const folder = mkdtempSync(join(tmpdir(), 'kvs-launch-deb-'));
  try {
    const from = join(folder, 'package');
    mkdirSync(from);
    const modules = unpack(tarball, from);
    return architectures.map((architecture) => {
      const tree = join(folder, architecture);
      layOut(from, modules, tree, architecture);
      layOutDocuments(from, tree, version, new Date(seconds * 1000));
      layOutUnits(tree);
      run('chmod', ['-R', 'u=rwX,go=rX', tree]);
      setModes(tree);
      run('find', [tree, '-type', 'd', '-empty', '-delete']);
      layOutControl(tree, architecture, version);
      run('find', [tree, '-exec', 'touch', '-h', '-d', `@${seconds}`, '{}', '+']);
      const deb = join(to, `${PACKAGE}_${version}_${architecture}.deb`);
      mkdirSync(to, { recursive: true });
      run('dpkg-deb', ['--root-owner-group', '-Zxz', '--build', tree, deb], {
        stdio: ['ignore', 'ignore', 'inherit'],
        env: { ...process.env, SOURCE_DATE_EPOCH: String(seconds) },
      });
      console.log(`${basename(deb)}: ${(readFileSync(deb).length / 1e6).toFixed(1)} MB`);
      return deb;
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (process.argv[1] === import.meta.filename) {
  const words = process.argv.slice(2);
  const at = words.indexOf('--to');
  const [, to = '.'] = at < 0 ? [] : words.splice(at, 2);
  const [tarball, ...asked] = words;
  if (tarball === undefined) fail('deb.mjs TARBALL [amd64] [arm64] [--to FOLDER]');
  const unknown = asked.filter((name) => !(name in ARCHITECTURES));
  if (unknown.length > 0) fail(`There is amd64 and arm64, not ${unknown.join(' ')}.`);
  makeDebs(tarball, asked.length > 0 ? asked : Object.keys(ARCHITECTURES), resolve(to));
}
