// Builds the Dockerfile and tries the image out, against a local service outside the container.
//   node scripts/verify-image.mjs                 for this machine's architecture
//   node scripts/verify-image.mjs amd64 arm64     both; the foreign one is emulated, and slow
//   node scripts/verify-image.mjs --require …     fails, instead of passing, where it cannot be done
//   node scripts/verify-image.mjs --within=600 …  skips what is not done after so many seconds
// Needs a Docker engine, or root and Debian's docker.io; where Docker Hub cannot be reached also
// mmdebstrap, for arm64 on x64 also qemu-user-static binfmt-support arch-test. What it builds is kept
// in KVS_IMAGE_FOLDER (~/.cache/kvs-launch-image), so that the next time is quick.
import { homedir } from 'node:os';
import { join } from 'node:path';
import { BASE_IMAGE, baseMissing, provideBase } from './image/base.mjs';
import { tryImage } from './image/checks.mjs';
import { weightsOf } from './image/contents.mjs';
import { end } from './image/ending.mjs';
import { docker, dockerLater, dockerWell, engineMissing, startEngine } from './image/engine.mjs';
import { fail, root, run } from './lib/run.mjs';

const own = process.arch === 'arm64' ? 'arm64' : 'amd64';
const words = process.argv.slice(2).filter((word) => !word.startsWith('-'));
const architectures = words.length > 0 ? words : [own];
const unknown = architectures.filter((name) => name !== 'amd64' && name !== 'arm64');
if (unknown.length > 0) fail(`There is amd64 and arm64, not ${unknown.join(' ')}.`);

let failures = 0;

/** Ends, saying why it is too early; what has failed by then stays a failure. Never returns. */
async function skip(reason) {
  const isFailure = failures > 0 || process.argv.includes('--require');
  await end(isFailure ? 1 : 0, `skipped: the image: ${reason}`);
}

const within = process.argv.find((word) => word.startsWith('--within='))?.slice('--within='.length);
if (within !== undefined) {
  const timer = setTimeout(() => skip(`no time left after ${within} s`), Number(within) * 1000);
  timer.unref();
}

/** What apt and npm say when they cannot fetch something, which is no fault of the Dockerfile. */
const networkTrouble =
  /Temporary failure resolving|Could not (resolve|connect)|Unable to connect|Failed to fetch|E(TIMEDOUT|NOTFOUND|CONNRE\w+|AI_AGAIN)\b/;

/** Builds, and says how big the image is and what each part of it weighs. */
async function build(architecture) {
  const image = `kvs-launch:${architecture}`;
  const started = Date.now();
  const options = ['--network=host', `--platform=linux/${architecture}`, '--progress=plain'];
  try {
    await dockerWell(['build', ...options, '-t', image, root]);
  } catch (error) {
    const line = error.message.split('\n').find((text) => networkTrouble.test(text));
    if (line === undefined) throw error;
    await skip(`the network: ${line.trim()}`);
  }
  const bytes = Number(docker(['image', 'inspect', '-f', '{{.Size}}', image]));
  const seconds = Math.round((Date.now() - started) / 1000);
  console.log(`${image}: ${(bytes / 1e6).toFixed(0)} MB, built in ${seconds} s:`);
  for (const [part, weight] of await weightsOf(image, architecture)) {
    console.log(`  ${(weight / 1e6).toFixed(1).padStart(6)} MB  ${part}`);
  }
  return image;
}

const reason = engineMissing();
if (reason) await skip(reason);
run(process.execPath, [join(root, 'scripts', 'build-ts.mjs')]);
const folder = process.env.KVS_IMAGE_FOLDER ?? join(homedir(), '.cache', 'kvs-launch-image');
await startEngine(folder).catch((error) => skip(error.message));
for (const architecture of architectures) {
  const without = await baseMissing(architecture);
  if (without) await skip(without);
  const { base } = await provideBase(architecture, folder).catch((error) =>
    skip(`there is nothing to build on: ${error.message}`),
  );
  const platform = `--platform=linux/${architecture}`;
  const probe = await dockerLater(['run', '--rm', '--network=host', platform, BASE_IMAGE, 'true']);
  if (probe.status !== 0) await skip(`the engine here runs no container: ${probe.output}`);
  console.log(`${architecture}, on ${base}`);
  try {
    const image = await build(architecture);
    await tryImage(image, architecture, architecture !== own, () => {
      failures += 1;
    });
  } catch (error) {
    console.error(error.message);
    failures += 1;
  }
}
await end(failures > 0 ? 1 : 0, failures > 0 ? `${failures} failed.` : undefined);
