// Makes the npm package, from a built working copy.
//   node scripts/pack.mjs [--to FOLDER] [--own-build]
// It holds prebuilds/ as scripts/prebuild.mjs made them; with --own-build instead what was compiled
// on this machine, for trying the package out. Prints the tarball's path as the last line.
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { copyBindingGyp, copyOwnBinaries } from './lib/package-layout.mjs';
import { withAddress } from './lib/public-address.mjs';
import { fail, root, run } from './lib/run.mjs';
import { thirdPartyLicences } from './licences.mjs';

/** What a user's npm reads of package.json; scripts and development are not among it. */
function publishedManifest() {
  const { scripts, devDependencies, ...manifest } = JSON.parse(
    readFileSync(join(root, 'package.json'), 'utf8'),
  );
  return { ...withAddress(manifest), scripts: { 'build:native': scripts['build:native'] } };
}

function copy(from, to, path) {
  if (!existsSync(join(from, path))) fail(`${join(from, path)} is missing: build first.`);
  cpSync(join(from, path), join(to, path), { recursive: true });
}

const MADE_HERE = new Set(['prebuilds', 'THIRD-PARTY-LICENSES.md']);

/** Lays the package out in a folder, as it will be in the tarball. */
function stage(folder, ownBuild) {
  const manifest = publishedManifest();
  const missing = [];
  for (const path of manifest.files) {
    if (MADE_HERE.has(path)) continue;
    // What is left out is npm's affair.
    if (path.startsWith('!')) continue;
    if (existsSync(join(root, path))) copy(root, folder, path);
    else missing.push(path);
  }
  if (missing.length > 0) fail(`Missing for the package: ${missing.join(' ')}. Build first.`);
  for (const path of ['README.md', 'LICENSE']) copy(root, folder, path);
  copyBindingGyp(folder);
  writeFileSync(join(folder, 'THIRD-PARTY-LICENSES.md'), thirdPartyLicences());
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
  if (ownBuild) {
    const built = join('build', 'Release', 'kvssink_addon.node');
    if (!existsSync(join(root, built))) fail(`${built} is missing: build first.`);
    copyOwnBinaries(folder);
  } else {
    for (const arch of ['x64', 'arm64']) copy(root, folder, `prebuilds/linux-${arch}`);
  }
}

const options = process.argv.slice(2);
const to = resolve(options.includes('--to') ? options[options.indexOf('--to') + 1] : root);
const folder = mkdtempSync(join(tmpdir(), 'kvs-launch-pack-'));
try {
  stage(folder, options.includes('--own-build'));
  mkdirSync(to, { recursive: true });
  // npm sorts the entries and gives all of them one time, but leaves them their modes, which are
  // this user's umask: without that the same files make the same tarball everywhere.
  run('chmod', ['-R', 'u=rwX,go=rX', folder]);
  run('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', to, folder], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
} finally {
  rmSync(folder, { recursive: true, force: true });
}
const { name, version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
console.log(join(to, `${name}-${version}.tgz`));
