// Installs the Debian package where users do, in bare Debian roots, streams with it, counts frames, and
// removes and purges it: what is left must be what was there before.
//   node scripts/verify-deb.mjs FOLDER                     Debian 12 and 13, this architecture
//   node scripts/verify-deb.mjs FOLDER trixie arm64        one suite; the other architecture is emulated
// FOLDER holds what `npm run release` or scripts/deb.mjs made. Needs root and mmdebstrap, for another
// architecture also qemu-user-static binfmt-support.
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Bare } from './lib/bare-debian.mjs';
import { enableEmulation } from './lib/emulation.mjs';
import { framesBelow } from './lib/local-service.mjs';
import { npmPack } from './lib/npm-packages.mjs';
import { fail, run } from './lib/run.mjs';

/** Debian 12's own is too old: this one is packaged as NodeSource does it. */
const NODE = '24.21.0';

const [folder, ...words] = process.argv.slice(2);
if (folder === undefined) fail('verify-deb.mjs FOLDER [bookworm|trixie] [amd64|arm64]');
const own = process.arch === 'arm64' ? 'arm64' : 'amd64';
const architecture = words.find((word) => /^(amd64|arm64)$/.test(word)) ?? own;
const suites = words.filter((word) => word !== architecture);

/** What is emulated takes twenty times as long. */
const isEmulated = architecture !== own;
const FRAMES = isEmulated ? 50 : 100;
const PIPELINE =
  `videotestsrc num-buffers=${FRAMES} ! video/x-raw,width=320,height=240 ! x264enc key-int-max=25 ` +
  'speed-preset=ultrafast ! h264parse ! kvssink';

/** A package `nodejs` of this Node, where Debian's is too old. */
function nodePackage(to) {
  const tree = mkdtempSync(join(tmpdir(), 'kvs-launch-node-'));
  const unpacked = join(tree, 'unpacked');
  npmPack(`node-linux-${architecture === 'amd64' ? 'x64' : architecture}@${NODE}`, unpacked);
  mkdirSync(join(tree, 'deb', 'DEBIAN'), { recursive: true });
  mkdirSync(join(tree, 'deb', 'usr', 'bin'), { recursive: true });
  copyFileSync(join(unpacked, 'bin', 'node'), join(tree, 'deb', 'usr', 'bin', 'node'));
  writeFileSync(
    join(tree, 'deb', 'DEBIAN', 'control'),
    `Package: nodejs\nVersion: ${NODE}-1nodesource1\nArchitecture: ${architecture}\n` +
      'Maintainer: none <none@invalid>\nDepends: libatomic1, libstdc++6\nDescription: Node.js\n',
  );
  run('chmod', ['-R', 'u=rwX,go=rX', join(tree, 'deb')]);
  run('dpkg-deb', ['--root-owner-group', '-Zgzip', '--build', join(tree, 'deb'), to], {
    stdio: 'ignore',
  });
  rmSync(tree, { recursive: true });
}

/** h264parse without the 540 MB that its set depends on: to unpack them takes half an hour, emulated. */
function unpackParsers(bare) {
  bare.do(`cd /tmp; apt-get download -q gstreamer1.0-plugins-bad libgstreamer-plugins-bad1.0-0
    for package in *.deb; do dpkg-deb -x $package unpacked; done
    cp -a unpacked/usr/lib/*/libgstcodecparsers-1.0.so.0* /usr/lib/*-linux-gnu/
    cp unpacked/usr/lib/*/gstreamer-1.0/libgstvideoparsersbad.so /usr/lib/*-linux-gnu/gstreamer-1.0/
    gst-inspect-1.0 h264parse > /dev/null`);
}

/** Those of the package. */
const UNITS = ['kvs-camera.service', 'kvs-cameras.service', 'kvs-rtsp@*.service'];

/**
 * Every path, but what programs keep for themselves, and GStreamer's packages. `/etc/shadow-` and the like
 * are the state before the last change of users, which passwd's programs keep.
 */
const LIST = `find / -xdev \\( -path /proc -o -path /sys -o -path /dev -o -path /tmp -o -path /root -o -path /run \\
  -o -path '/etc/*-' -o -path /var/cache -o -path /var/log -o -path '/var/lib/dpkg/*' -o -path '/var/lib/apt/*' \\
  -o -path '*/__pycache__' \\) -prune -o -print | sort; getent passwd; getent group`;

async function trySuite(suite, work) {
  const say = (text) => console.log(`${suite} ${architecture}: ${text}`);
  const name = readdirSync(folder).find((file) => file.endsWith(`_${architecture}.deb`));
  if (name === undefined) fail(`${folder} has no .deb for ${architecture}.`);
  // Nothing here needs ca-certificates, which starts a program or two for each authority: minutes under
  // emulation.
  const packages = isEmulated ? [] : ['ca-certificates'];
  const bare = new Bare(suite, join(work, suite), architecture, packages);
  try {
    copyFileSync(join(folder, name), bare.path('kvssink.deb'));
    bare.do('apt-get update -q');
    // Not in the package's own list, which has to do without what this would bring.
    bare.do('apt-get install -qy --no-install-recommends adduser libgstreamer1.0-0');
    const install = 'apt-get install -qy';
    const hasNode = /Candidate: (2[0-9]|[3-9][0-9])/.test(bare.do('apt-cache policy nodejs'));
    if (!hasNode) {
      nodePackage(bare.path('node.deb'));
      bare.do(`${install} --no-install-recommends /node.deb`);
    } else {
      bare.do(`${install} --no-install-recommends nodejs`);
    }
    const sets = isEmulated ? ['base', 'ugly'] : ['base', 'good', 'bad', 'ugly'];
    const plugins = sets.map((set) => `gstreamer1.0-plugins-${set}`);
    bare.do(`${install} --no-install-recommends gstreamer1.0-tools ${plugins.join(' ')}`);
    if (isEmulated) unpackParsers(bare);
    const before = bare.do(LIST);
    bare.do(`${install} --no-install-recommends /kvssink.deb`);
    say(
      `installed, with Node ${bare.do('node --version').trim()} and ${bare.do('gst-launch-1.0 --version').split('\n')[0]}`,
    );
    bare.do('env -u GST_PLUGIN_PATH gst-inspect-1.0 kvssink | grep -q stream-name');
    bare.do('test -s /usr/share/man/man1/kvs-launch.1.gz || grep -q man /etc/dpkg/dpkg.cfg.d/*');
    bare.do('getent passwd _kvs-launch');
    await stream(bare);
    say(`ok: ${2 * FRAMES} frames sent by kvs-launch and gst-launch-1.0, and stored`);
    upgrade(bare);
    say('ok: an upgrade restarts the units that run');
    bare.do('apt-get remove -qy gstreamer1.0-kvssink; ! gst-inspect-1.0 kvssink > /dev/null 2>&1');
    bare.do('apt-get purge -qy gstreamer1.0-kvssink');
    const after = bare.do(LIST);
    if (after !== before) throw new Error(`Left behind:\n${difference(before, after)}`);
    say('ok: removed and purged, and nothing is left');
  } finally {
    bare.remove();
  }
}

function difference(before, after) {
  const [old, now] = [before, after].map((text) => new Set(text.split('\n')));
  return [
    ...[...old].filter((line) => !now.has(line)).map((line) => `- ${line}`),
    ...[...now].filter((line) => !old.has(line)).map((line) => `+ ${line}`),
  ].join('\n');
}

/** Installs it over itself, where systemd seems to run: a program in its place notes what it is asked for. */
function upgrade(bare) {
  const asked = bare.do(`mkdir -p /run/systemd/system /opt/node/bin
    printf '#!/bin/sh\\necho "$@" >> /tmp/systemctl.log\\n' > /opt/node/bin/systemctl
    chmod 755 /opt/node/bin/systemctl
    dpkg -i /kvssink.deb > /dev/null
    rm -r /opt/node /run/systemd/system; cat /tmp/systemctl.log`);
  const wanted = `daemon-reload\ntry-restart ${UNITS.join(' ')}\n`;
  if (asked !== wanted) throw new Error(`An upgrade asks systemd for:\n${asked}`);
}

async function stream(bare) {
  bare.do(`mkdir -p /tmp/try; cd /tmp/try
    setsid kvs-launch local --port 0 --data kvs > service.log & service=$!
    until grep -q AWS_SECRET service.log; do sleep 0.1; done
    eval "$(grep export service.log)"
    kvs-launch ${PIPELINE} stream-name=x-1 > launch.log 2>&1
    gst-launch-1.0 ${PIPELINE} stream-name=x-2 > plugin.log 2>&1
    kill -- -$service; wait $service || true`);
  const frames = (await framesBelow(bare.path('tmp/try/kvs'))).length;
  if (frames !== 2 * FRAMES) throw new Error(`${frames} of ${2 * FRAMES} frames are stored.`);
}

enableEmulation(architecture);
const work = mkdtempSync(join(process.env.KVS_ROOTS ?? tmpdir(), 'kvs-launch-verify-deb-'));
let failures = 0;
for (const suite of suites.length > 0 ? suites : ['bookworm', 'trixie']) {
  await trySuite(suite, work).catch((error) => {
    failures += 1;
    console.error(`FAILED: ${suite}: ${error.message}`);
  });
}
rmSync(work, { recursive: true, force: true });
if (failures > 0) fail(`${failures} suites failed.`);
