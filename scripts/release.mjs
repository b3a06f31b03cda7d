// Makes everything that would be published, from a clean clone, into release/VERSION:
//   kvs-launch-VERSION.tgz                 the npm package, with binaries for linux x64 and arm64
//   kvs-launch-VERSION-ARCH.image.tar.gz   the Docker image for `docker load`, for each architecture
//   SHA256SUMS, sources.txt                what they are, and what they were made from
//
//   npm run release                        all of it
//   npm run release -- --no-image          the package alone
//   npm run release -- --amd64             the image for amd64 alone
//   npm run release -- --twice             makes the package again, and fails if it is another one
// Nothing is published: docs/releasing.md says what a maintainer does with it.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { provideBase } from './image/base.mjs';
import { client, docker, engineMissing, startEngine } from './image/engine.mjs';
import { ensureNpmPackages } from './lib/npm-packages.mjs';
import { fail, output, root, run } from './lib/run.mjs';
import { prebuild } from './prebuild.mjs';

const options = new Set(process.argv.slice(2));
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const folder = join(root, 'release', version);

/** What is released is what is committed, and described. */
function checkSources() {
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

async function makeImages() {
  const missing = engineMissing();
  if (missing) fail(`The image cannot be made: ${missing}. (--no-image leaves it out.)`);
  const data = process.env.KVS_IMAGE_FOLDER ?? join(homedir(), '.cache', 'kvs-launch-image');
  const stop = await startEngine(data);
  try {
    for (const architecture of options.has('--amd64') ? ['amd64'] : ['amd64', 'arm64']) {
      const base = await provideBase(architecture, data);
      console.log(`Building the image for ${architecture}, on ${base}`);
      const tag = `kvs-launch:${version}`;
      docker(['build', '--network=host', `--platform=linux/${architecture}`, '-t', tag, root]);
      const file = join(folder, `kvs-launch-${version}-${architecture}.image.tar.gz`);
      const save = `${client} save '${tag}' | gzip -n -9 > '${file}'`;
      run('bash', ['-c', `set -o pipefail; ${save}`]);
    }
  } finally {
    await stop();
  }
}

checkSources();
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
if (!options.has('--no-image')) await makeImages();

const commit = output('git', ['rev-parse', 'HEAD']).trim();
const { stdout: when } = spawnSync('git', ['log', '-1', '--format=%cI'], { encoding: 'utf8' });
const npm = output('npm', ['--version']);
writeFileSync(
  join(folder, 'sources.txt'),
  `kvs-launch ${version}\ncommit ${commit} of ${when.trim()}\nnode ${process.version}\nnpm ${npm}`,
);
const files = readdirSync(folder).sort();
const sums = files.map((name) => `${sha256(join(folder, name))}  ${name}\n`);
writeFileSync(join(folder, 'SHA256SUMS'), sums.join(''));
console.log(`\n${folder}\n${sums.join('')}`);
