// Makes everything that would be published, from a clean clone, into release/VERSION:
//   kvs-launch-VERSION.tgz                 the npm package, with binaries for linux x64 and arm64
//   kvs-launch-VERSION.spdx.json           what is in it (SBOM)
//   gstreamer1.0-kvssink_VERSION-1_ARCH.deb   the Debian package, for each architecture
//   kvs-launch-VERSION-ARCH.image.tar.gz   the Docker image for `docker load`, for each architecture
//   kvs-launch-VERSION-ARCH.packages.txt   Node and the Debian packages in it
//   kvs-launch-VERSION-ARCH.spdx.json      all that is in it (SBOM)
//   kvs-launch-VERSION-ARCH.files.txt      what is in it, file by file
//   SHA256SUMS, sources.txt                what they are, and what they were made from
//
//   npm run release                        all of it
//   npm run release -- --no-image          the package alone
//   npm run release -- --amd64             the image for amd64 alone
//   npm run release -- --twice             makes everything again, and fails if it is another thing
//   npm run release -- --cached            takes layers that the engine has built before, however
//                                          old: to go on after a failure
//   npm run release -- --trial             also where package.json does not say where the sources are
//                                          published; sources.txt then says NOT FOR PUBLISHING
// Where the official base images cannot be pulled, the images are made of stand-ins and called so.
// Nothing is published: docs/6-maintain/releasing.md says what a maintainer does with it.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { makeDebs } from './deb.mjs';
import { provideBase } from './image/base.mjs';
import { differences, filesOf, packagesOf } from './image/contents.mjs';
import { end } from './image/ending.mjs';
import { client, docker, dockerWell, engineMissing, startEngine } from './image/engine.mjs';
import { ensureNpmPackages } from './lib/npm-packages.mjs';
import { publicAddress } from './lib/public-address.mjs';
import { fail, has, output, root, run } from './lib/run.mjs';
import { imageSbom, packageSbom } from './lib/sbom.mjs';
import { prebuild } from './prebuild.mjs';

const OPTIONS = ['--no-image', '--amd64', '--twice', '--cached', '--trial'];
const options = new Set(process.argv.slice(2));
const unknown = [...options].filter((option) => !OPTIONS.includes(option));
if (unknown.length > 0) fail(`There is no ${unknown.join(' ')}; there are ${OPTIONS.join(' ')}`);
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const { version } = manifest;
const folder = join(root, 'release', version);

/** What is released is what is committed, described, and can be found by who gets it. */
function checkSources() {
  if (!options.has('--trial')) {
    try {
      publicAddress(manifest);
    } catch (error) {
      fail(`${error.message}\n(--trial makes a release that is not for publishing.)`);
    }
  }
  const changes = output('git', ['status', '--porcelain']);
  if (changes) fail(`There are changes that are not committed:\n${changes}`);
  if (!readFileSync(join(root, 'CHANGELOG.md'), 'utf8').includes(`## ${version}`)) {
    fail(`CHANGELOG.md says nothing about ${version}.`);
  }
}

function sha256(file) {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

/** @returns the tarball's path. */
function makePackage(to) {
  prebuild(['x64', 'arm64']);
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  run(process.execPath, [join(root, 'scripts', 'build-ts.mjs')]);
  run(process.execPath, [join(root, 'scripts', 'pack.mjs'), '--to', to]);
  return join(to, `kvs-launch-${version}.tgz`);
}

function commitDate() {
  return new Date(output('git', ['log', '-1', '--format=%cI']).trim());
}

function writeSbom(name, document) {
  writeFileSync(join(folder, `${name}.spdx.json`), `${JSON.stringify(document, undefined, 2)}\n`);
}

/** The Debian packages, looked through by lintian where that is installed. */
function makePackagesForDebian(tarball) {
  const debs = makeDebs(tarball, ['amd64', 'arm64'], folder);
  if (!has('lintian')) {
    console.warn('lintian is not installed: the Debian packages were not looked through.');
    return;
  }
  // It refuses root without being told so.
  const asRoot = process.getuid() === 0 ? ['--allow-root'] : [];
  run('lintian', [...asRoot, '--fail-on=error,warning', ...debs]);
}

/** Builds; from nothing if Debian's packages shall be those of today, not those of a cache. */
async function build(tag, architecture, isCached) {
  const started = Date.now();
  const cache = isCached ? [] : ['--no-cache'];
  const platform = `--platform=linux/${architecture}`;
  await dockerWell(['build', ...cache, '--network=host', platform, '-t', tag, root]);
  const megabytes = Number(docker(['image', 'inspect', '-f', '{{.Size}}', tag])) / 1e6;
  const seconds = Math.round((Date.now() - started) / 1000);
  console.log(`${tag}: ${megabytes.toFixed(0)} MB, built in ${seconds} s`);
}

/** Builds the image once more. @throws Error when it holds something else. */
async function buildAgain(tag, architecture, files) {
  const again = `${tag}-again`;
  await build(again, architecture, false);
  const lines = differences(files, await filesOf(again, architecture));
  docker(['rmi', again]);
  if (lines.length > 0) {
    const shown = lines.slice(0, 50).join('\n');
    throw new Error(`The second image for ${architecture} is not the same as the first:\n${shown}`);
  }
  console.log('Built twice, and the same files both times.');
}

/** @returns a line about what it was made from. */
async function makeImage(architecture, data) {
  const { base, isStandIn } = await provideBase(architecture, data);
  console.log(`Building the image for ${architecture}, on ${base}`);
  const what = `${version}-${architecture}${isStandIn ? '-stand-in' : ''}`;
  const [tag, name] = [`kvs-launch:${what}`, `kvs-launch-${what}`];
  await build(tag, architecture, options.has('--cached'));
  const files = await filesOf(tag, architecture);
  writeFileSync(join(folder, `${name}.files.txt`), files);
  const packages = await packagesOf(tag, architecture);
  writeFileSync(join(folder, `${name}.packages.txt`), packages);
  writeSbom(name, imageSbom(name, commitDate(), packages));
  const save = `${client} save '${tag}' | gzip -n -9 > '${join(folder, name)}.image.tar.gz'`;
  run('bash', ['-c', `set -o pipefail; ${save}`]);
  if (options.has('--twice')) await buildAgain(tag, architecture, files);
  const warning = isStandIn ? `NOT FOR PUBLISHING: ${name}.image.tar.gz\n` : '';
  return `image ${architecture} on ${base}\n${warning}`;
}

/** @returns lines about what they were made from. */
async function makeImages() {
  const data = process.env.KVS_IMAGE_FOLDER ?? join(homedir(), '.cache', 'kvs-launch-image');
  const stop = await startEngine(data);
  let lines = '';
  for (const architecture of options.has('--amd64') ? ['amd64'] : ['amd64', 'arm64']) {
    lines += await makeImage(architecture, data);
  }
  await stop();
  return lines;
}

checkSources();
const missing = options.has('--no-image') ? undefined : engineMissing();
if (missing) fail(`The image cannot be made: ${missing}. (--no-image leaves it out.)`);
ensureNpmPackages();
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const tarball = makePackage(folder);
if (options.has('--twice')) {
  const again = makePackage(join(folder, 'again'));
  if (sha256(again) !== sha256(tarball)) fail('The second package is not the same as the first.');
  rmSync(join(folder, 'again'), { recursive: true });
  console.log('Made twice, and the same both times.');
}
makePackagesForDebian(tarball);
writeSbom(`kvs-launch-${version}`, packageSbom(`kvs-launch-${version}`, commitDate()));
const images = options.has('--no-image')
  ? ''
  : await makeImages().catch((error) => end(1, error.message));

const trial = options.has('--trial') ? 'NOT FOR PUBLISHING: made with --trial\n' : '';
const commit = output('git', ['rev-parse', 'HEAD']).trim();
const { stdout: when } = spawnSync('git', ['log', '-1', '--format=%cI'], { encoding: 'utf8' });
const npm = output('npm', ['--version']);
writeFileSync(
  join(folder, 'sources.txt'),
  `${trial}kvs-launch ${version}\ncommit ${commit} of ${when.trim()}\nnode ${process.version}\nnpm ${npm}${images}`,
);
const files = readdirSync(folder).sort();
const sums = files.map((name) => `${sha256(join(folder, name))}  ${name}\n`);
writeFileSync(join(folder, 'SHA256SUMS'), sums.join(''));
console.log(`\n${folder}\n${sums.join('')}\n${images}`);
