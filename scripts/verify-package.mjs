// Installs the packed package where users do: in Debian 12 and 13, bare but for Node, with each
// Node and npm that we support; streams with it, counts frames, and uses it from TypeScript programs.
//   node scripts/verify-package.mjs                 everything
//   node scripts/verify-package.mjs bookworm        one suite
//   node scripts/verify-package.mjs arm64           the other architecture, emulated, with one Node
//   node scripts/verify-package.mjs --require       fails, instead of passing, where it cannot be done
// Needs root and mmdebstrap, for arm64 on x64 also prebuilds/ and qemu-user-static binfmt-support.
// The tarball is made of prebuilds/ if it is there (scripts/prebuild.mjs), else of what was compiled
// on this machine, which then has to be Debian 12.
import { copyFileSync, cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Bare } from './lib/bare-debian.mjs';
import { enableEmulation } from './lib/emulation.mjs';
import { framesBelow } from './lib/local-service.mjs';
import { npmPack } from './lib/npm-packages.mjs';
import { fail, has, output, root, run } from './lib/run.mjs';

/** What each Node line brings along, and npm 12 on the older ones that it runs on. */
const versions = [
  { node: '20.20.2', npm: '10.9.9' },
  { node: '22.23.3', npm: '10.9.9' },
  { node: '22.23.3', npm: '12.2.0' },
  { node: '24.21.0', npm: '11.21.2' },
  { node: '24.21.0', npm: '12.2.0' },
  { node: '26.10.0', npm: '12.2.0' },
];
/** This npm runs install scripts, so it compiles gstreamer-superficial where there is a compiler. */
const compiling = versions.find(({ npm }) => npm.startsWith('11.'));
const suites = ['bookworm', 'trixie'];
const own = process.arch === 'arm64' ? 'arm64' : 'amd64';

const given = process.argv.slice(2).filter((word) => !word.startsWith('-'));
const architecture = given.find((word) => word === 'amd64' || word === 'arm64') ?? own;
const words = given.filter((word) => word !== architecture);
const isEmulated = architecture !== own;
/** What is emulated takes twenty times as long, and is about the binaries alone. */
const tried = isEmulated ? [compiling] : versions;
const FRAMES = isEmulated ? 50 : 300;
const PIPELINE = `videotestsrc num-buffers=${FRAMES} ! x264enc key-int-max=60 ! h264parse ! kvssink stream-name=x`;
const missing =
  process.getuid() !== 0
    ? 'only root can enter other roots'
    : !has('mmdebstrap') && 'no mmdebstrap';
if (missing) {
  console.log(`skipped: ${missing}`);
  process.exit(process.argv.includes('--require') ? 1 : 0);
}

function provideNode(bare, node, npm) {
  rmSync(bare.path('opt/node'), { recursive: true, force: true });
  npmPack(
    `node-linux-${architecture === 'amd64' ? 'x64' : architecture}@${node}`,
    bare.path('opt/node'),
  );
  npmPack(`npm@${npm}`, bare.path('opt/node/lib/node_modules/npm'));
  bare.do(`cd /opt/node/bin
    for name in npm npx; do ln -sf ../lib/node_modules/npm/bin/$name-cli.js $name; done
    chmod 755 ../lib/node_modules/npm/bin/*.js`);
}

/** Streams in both ways to the package's own service; gives what is not as it should be. */
async function stream(bare) {
  bare.do(`cd /project; rm -rf kvs
    setsid npx kvs-launch local --port 0 --data kvs > service.log & service=$!
    until grep -q AWS_SECRET service.log; do sleep 0.1; done
    eval "$(grep export service.log)"
    npx kvs-launch ${PIPELINE}-1 > launch.log 2>&1
    GST_PLUGIN_PATH=$(npx kvs-launch --plugin-path) gst-launch-1.0 ${PIPELINE}-2 > plugin.log 2>&1
    kill -- -$service; wait $service || true`);
  const frames = (await framesBelow(bare.path('project/kvs'))).length;
  if (frames !== 2 * FRAMES) throw new Error(`${frames} of ${2 * FRAMES} frames are stored.`);
}

/** Compiles and runs the programs of test/package/consumer, by ESM and by CommonJS. */
function consume(bare) {
  for (const name of ['typescript', '@typescript', '@types', 'undici-types']) {
    const from = join(root, 'node_modules', name);
    cpSync(from, bare.path(`project/node_modules/${name}`), { recursive: true });
  }
  cpSync(join(root, 'test', 'package', 'consumer'), bare.path('project'), { recursive: true });
  for (const [file, module] of [
    ['consumer.mts', 'nodenext'],
    ['consumer.cts', 'nodenext'],
    ['consumer.cts', 'node20'],
  ]) {
    const printed = bare.do(`cd /project
      node node_modules/typescript/bin/tsc --module ${module} --target es2023 --types node --strict ${file}
      node ${file.replace(/ts$/, 'js')}`);
    if (!/^STATUS_NOT_FOUND function function$/m.test(printed)) {
      throw new Error(`${file}: ${printed}`);
    }
  }
}

/** Installs the tarball in an empty project; gives the seconds that it took. */
function install(bare, settings = '') {
  bare.do('rm -rf /project; mkdir /project; cd /project; npm init -y');
  const started = Date.now();
  bare.do(`cd /project; ${settings} npm install --no-audit --no-fund /kvs-launch.tgz`);
  return ((Date.now() - started) / 1000).toFixed(1);
}

/** The line that the package itself names when GStreamer is not there. */
function packagesNamed(bare) {
  const { status, stderr } = bare.try(`cd /project; npx kvs-launch ${PIPELINE}`);
  const line = /apt-get install ([a-z0-9.+ -]+)/.exec(stderr);
  if (status === 0 || !line) throw new Error(`Nothing names what is missing:\n${stderr}`);
  return line[1].trim().replace(/\.$/, '');
}

async function trySuite(suite, tarball, folder) {
  const started = Date.now();
  const say = (text) => {
    const seconds = ((Date.now() - started) / 1000).toFixed(0).padStart(5);
    console.log(`${seconds} s  ${suite} ${architecture}: ${text}`);
  };
  say('making the root');
  // libatomic1: Node 26 needs it. ca-certificates, which nothing here needs, starts a program or
  // two for each authority: minutes under emulation.
  const packages = isEmulated ? ['libatomic1'] : ['ca-certificates', 'git', 'libatomic1'];
  const bare = new Bare(suite, join(folder, suite), architecture, packages);
  try {
    copyFileSync(tarball, bare.path('kvs-launch.tgz'));
    for (const [index, { node, npm }] of tried.entries()) {
      provideNode(bare, node, npm);
      const seconds = install(bare);
      const size = bare.do('du -sm /project/node_modules').split('\t')[0];
      say(`Node ${node}, npm ${npm}: installed in ${seconds} s, ${size} MB`);
      if (index === 0) {
        const names = packagesNamed(bare);
        say(`without GStreamer it names: ${names}`);
        bare.do(`apt-get update -q; apt-get install -qy --no-install-recommends ${names}`);
        say('these are installed');
      }
      await stream(bare);
      say(`ok: ${2 * FRAMES} frames sent and stored`);
      // TypeScript is a binary of this machine's architecture.
      if (!isEmulated) consume(bare);
    }
    if (isEmulated) return;
    bare.do(`apt-get install -qy --no-install-recommends g++ make python3 pkg-config \\
      libgstreamer1.0-dev libgstreamer-plugins-base1.0-dev`);
    // With a compiler npm compiles the optional dependency. The headers beside Node stand for those
    // which node-gyp would fetch.
    provideNode(bare, compiling.node, compiling.npm);
    install(bare, 'npm_config_nodedir=/opt/node');
    bare.do('ls /project/node_modules/gstreamer-superficial/build/Release/*.node');
    await stream(bare);
    say('ok: with gstreamer-superficial, which npm compiled');
    // And everything is compiled anew, by the one documented command.
    bare.do(
      'cd /project; npx kvs-launch build-native; npx kvs-launch --plugin-path | grep /build/Release/',
    );
    await stream(bare);
    say('ok: compiled by kvs-launch build-native');
  } finally {
    bare.remove();
  }
}

const folder = mkdtempSync(join(tmpdir(), 'kvs-launch-verify-'));
let failures = 0;
try {
  if (isEmulated) enableEmulation(architecture);
  run(process.execPath, [join(root, 'scripts', 'build-ts.mjs')]);
  const ownBuild = existsSync(join(root, 'prebuilds', 'linux-arm64')) ? [] : ['--own-build'];
  if (isEmulated && ownBuild.length > 0) fail('First: node scripts/prebuild.mjs');
  if (ownBuild.length > 0 && !/^12\./.test(readDebianVersion())) {
    fail('Without prebuilds/ this has to be Debian 12: node scripts/prebuild.mjs makes them.');
  }
  const packed = output(process.execPath, [
    join(root, 'scripts', 'pack.mjs'),
    ...ownBuild,
    ...['--to', folder],
  ]);
  const tarball = packed.trim().split('\n').at(-1);
  console.log(`${(readFileSync(tarball).length / 1e6).toFixed(2)} MB: ${tarball}`);
  for (const suite of words.length > 0 ? words : suites) {
    await trySuite(suite, tarball, folder).catch((error) => {
      failures += 1;
      console.error(`FAILED: ${suite}: ${error.message}`);
    });
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
if (failures > 0) fail(`${failures} suites failed.`);

function readDebianVersion() {
  return existsSync('/etc/debian_version') ? readFileSync('/etc/debian_version', 'utf8') : '';
}
