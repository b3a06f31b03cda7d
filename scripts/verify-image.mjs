// Builds the Dockerfile and tries the image out, against a local service outside the container.
//   node scripts/verify-image.mjs                 for this machine's architecture
//   node scripts/verify-image.mjs amd64 arm64     both; the foreign one is emulated, and slow
//   node scripts/verify-image.mjs --require …     fails, instead of passing, where it cannot be done
// Needs a Docker engine, or root and Debian's docker.io; where Docker Hub cannot be reached also
// mmdebstrap, for arm64 on x64 also qemu-user-static binfmt-support arch-test. What it builds is kept
// in KVS_IMAGE_FOLDER (~/.cache/kvs-launch-image), so that the next time is quick.
import { homedir } from 'node:os';
import { join } from 'node:path';
import { baseMissing, provideBase } from './image/base.mjs';
import { tryImage } from './image/checks.mjs';
import { docker, engineMissing, startEngine } from './image/engine.mjs';
import { fail, root, run } from './lib/run.mjs';

const own = process.arch === 'arm64' ? 'arm64' : 'amd64';
const words = process.argv.slice(2).filter((word) => !word.startsWith('-'));
const architectures = words.length > 0 ? words : [own];
const unknown = architectures.filter((name) => name !== 'amd64' && name !== 'arm64');
if (unknown.length > 0) fail(`There is amd64 and arm64, not ${unknown.join(' ')}.`);

function skip(reason) {
  console.log(`skipped: the image: ${reason}`);
  process.exit(process.argv.includes('--require') ? 1 : 0);
}

const reason = engineMissing();
if (reason) skip(reason);

/** Builds, and says how big the image is and what each layer weighs. */
function build(architecture) {
  const image = `kvs-launch:${architecture}`;
  const started = Date.now();
  const options = ['--network=host', `--platform=linux/${architecture}`, '--progress=plain'];
  docker(['build', ...options, '-t', image, root]);
  const bytes = Number(docker(['image', 'inspect', '-f', '{{.Size}}', image]));
  const seconds = Math.round((Date.now() - started) / 1000);
  console.log(`${image}: ${(bytes / 1e6).toFixed(0)} MB, built in ${seconds} s. Layers:`);
  const layers = docker(['history', '--no-trunc', '--format', '{{.Size}}\t{{.CreatedBy}}', image]);
  for (const line of layers.split('\n').reverse()) {
    const [size, made = ''] = line.split('\t');
    if (size === '0B') continue;
    console.log(`  ${size.padStart(8)}  ${made.replace(/\s+/g, ' ').slice(0, 80)}`);
  }
  return image;
}

run(process.execPath, [join(root, 'scripts', 'build-ts.mjs')]);
const folder = process.env.KVS_IMAGE_FOLDER ?? join(homedir(), '.cache', 'kvs-launch-image');
const stop = await startEngine(folder).catch((error) => skip(error.message));
let failures = 0;
try {
  for (const architecture of architectures) {
    const without = baseMissing(architecture);
    if (without) skip(without);
    console.log(`${architecture}, on ${await provideBase(architecture, folder)}`);
    failures += await tryImage(build(architecture), architecture, architecture !== own);
  }
} catch (error) {
  console.error(error.message);
  failures += 1;
} finally {
  await stop();
}
if (failures > 0) fail(`${failures} failed.`);
