// The looks at this machine: what the programs print is given, or comes from real files.
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { H264_ENCODERS } from '../../../src/cli/camera/encoder-choice.ts';
import { cameraFinding, encoderFinding } from '../../../src/cli/doctor/machine/device-checks.ts';
import {
  blacklistFinding,
  elementFinding,
  elementsFinding,
  versionFinding,
} from '../../../src/cli/doctor/machine/gstreamer-checks.ts';
import {
  availableBytes,
  memoryFinding,
  spoolFinding,
} from '../../../src/cli/doctor/machine/resource-checks.ts';
import type { ProgramResult } from '../../../src/cli/process/run-program.ts';
import { temporaryFolder } from '../../local/support/service.ts';

const MIB = 1024 * 1024;

function printed(stdout: string, stderr = ''): ProgramResult {
  return { code: 0, stdout, stderr, timedOut: false };
}

test('a GStreamer that is too old for the binaries is a problem', () => {
  const old = versionFinding(printed('gst-inspect-1.0 version 1.16.3\nGStreamer 1.16.3\n'));
  assert.equal(old.status, 'problem');
  assert.match(old.remedy ?? '', /build-native/);
  assert.equal(versionFinding(printed('GStreamer 1.18.0\n')).status, 'ok');
  assert.equal(versionFinding(printed('GStreamer 2.0.1\n')).status, 'ok');
});

test('a gst-inspect-1.0 that does not run says why', () => {
  const broken = versionFinding(printed('', 'error while loading libgstreamer-1.0.so.0\n'));
  assert.equal(broken.status, 'problem');
  assert.match(broken.text, /libgstreamer-1\.0\.so\.0/);
});

test('missing elements have their packages, each once', async () => {
  const none = await elementsFinding(new Set(), async () => new Map());
  assert.equal(none.status, 'warning');
  const words = none.remedy?.split(' ') ?? [];
  assert.ok(words.includes('gstreamer1.0-plugins-bad'));
  assert.equal(new Set(words).size, words.length);
});

test('blacklisted plugins are a problem, and the cache that has them is the remedy', () => {
  const list = 'Blacklisted files:\n  libgstlibav.so\n\nTotal count: 1 blacklisted file\n';
  const found = blacklistFinding(printed(list), { HOME: '/home/pi' });
  assert.equal(found.status, 'problem');
  assert.match(found.text, /libgstlibav\.so/);
  assert.match(found.remedy ?? '', /rm -f \/home\/pi\/\.cache\/gstreamer-1\.0\/registry\.\*\.bin/);
  const named = blacklistFinding(printed(list), { GST_REGISTRY: '/var/reg.bin' });
  assert.match(named.remedy ?? '', /rm -f \/var\/reg\.bin/);
  assert.equal(blacklistFinding(printed('Blacklisted files:\n\nTotal count: 0'), {}).status, 'ok');
});

test('a kvssink in front of ours is a warning that names its file', () => {
  const ours = printed('  Filename                 /opt/kvs/libgstkvssink.so\n');
  const amazons = printed('  Filename                 /usr/lib/gst/libgstkvssink.so\n');
  const found = elementFinding({ pluginFolder: '/opt/kvs', ours, plain: amazons });
  assert.equal(found.status, 'warning');
  assert.match(found.text, /\/usr\/lib\/gst\/libgstkvssink\.so/);
  const nothing = printed('');
  assert.equal(elementFinding({ pluginFolder: '/opt/kvs', ours, plain: nothing }).status, 'ok');
});

test('a folder may have spaces in its name', () => {
  const ours = printed('  Filename                 /srv/my cameras/libgstkvssink.so\n');
  const found = elementFinding({ pluginFolder: '/srv/my cameras', ours, plain: ours });
  assert.deepEqual([found.status, found.text], ['ok', 'It loads from /srv/my cameras.']);
  const list =
    'Blacklisted files:\n  /srv/my cameras/libgstx.so\n\nTotal count: 1 blacklisted file\n';
  assert.match(
    blacklistFinding(printed(list), {}).text,
    / \/srv\/my cameras\/libgstx\.so: it could/,
  );
});

test('a kvssink that does not load is a problem with the loader’s words', () => {
  const failed = printed('', 'libstdc++.so.6: version `GLIBCXX_3.4.32’ not found');
  const found = elementFinding({ pluginFolder: '/opt/kvs', ours: failed, plain: failed });
  assert.equal(found.status, 'problem');
  assert.match(found.text, /GLIBCXX/);
});

test('a device that this user may not open is a problem, and none is not', (t) => {
  const folder = temporaryFolder(t);
  assert.equal(cameraFinding(folder).status, 'skipped');
  writeFileSync(join(folder, 'video0'), '');
  assert.equal(cameraFinding(folder).status, 'ok');
  chmodSync(join(folder, 'video0'), 0);
  // Nothing is closed to root.
  if (process.getuid?.() === 0) return;
  assert.match(cameraFinding(folder).remedy ?? '', /usermod -aG video/);
});

test('an encoder that is listed and fails is told, beside the one that works', () => {
  const encoder = H264_ENCODERS.at(-1);
  const failed = [{ name: 'v4l2h264enc', why: 'no device' }];
  const found = encoderFinding({ encoder, failed });
  assert.equal(found.status, 'ok');
  assert.match(found.text, /openh264enc encodes.*v4l2h264enc is there, but: no device/);
  assert.equal(encoderFinding({ encoder: undefined, failed }).status, 'problem');
});

test('a container’s limit counts, and not the machine’s memory', (t) => {
  const root = `${temporaryFolder(t)}/`;
  mkdirSync(join(root, 'proc'));
  mkdirSync(join(root, 'sys/fs/cgroup'), { recursive: true });
  writeFileSync(join(root, 'proc/meminfo'), 'MemTotal: 9 kB\nMemAvailable:    4194304 kB\n');
  writeFileSync(join(root, 'sys/fs/cgroup/memory.max'), 'max\n');
  writeFileSync(join(root, 'sys/fs/cgroup/memory.current'), `${100 * MIB}\n`);
  assert.equal(availableBytes(root), 4096 * MIB);
  writeFileSync(join(root, 'sys/fs/cgroup/memory.max'), `${256 * MIB}\n`);
  assert.equal(availableBytes(root), 156 * MIB);
});

test('buffers of all streams together must fit into memory', () => {
  assert.equal(memoryFinding([128 * MIB], 200 * MIB).status, 'ok');
  const found = memoryFinding([128 * MIB, 128 * MIB], 200 * MIB);
  assert.equal(found.status, 'problem');
  assert.equal(found.remedy, 'storage-size=50');
});

test('the spool needs room, in the folder that will be made', (t) => {
  const folder = join(temporaryFolder(t), 'not', 'yet');
  assert.equal(spoolFinding(undefined, MIB).status, 'skipped');
  assert.equal(spoolFinding(folder, MIB).status, 'ok');
  const found = spoolFinding(folder, 2 ** 60);
  assert.equal(found.status, 'warning');
  assert.match(found.remedy ?? '', /^spool-size=\d+$/);
});
