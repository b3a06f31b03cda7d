// kvs-launch whose compiled parts lie on a file system that is mounted noexec, in a mount namespace of
// its own.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { findNativeFiles } from '../../src/host/native/native-files.ts';
import { packageRoot } from '../../src/runtime/package-root.ts';
import { temporaryFolder } from '../local/support/service.ts';
import { needs } from '../media/tools.ts';
import { COMMAND } from './support/kvs-launch.ts';

const HIDDEN = join(packageRoot, 'dist/test/cli/support/without-superficial.js');

/** Of both compiled parts. */
const folder = dirname(findNativeFiles().addon);

const REMOUNT = 'mount --bind "$0" "$0" && mount -o remount,bind,noexec "$0" || exit 99; exec "$@"';

/** Runs kvs-launch there; undefined where this user may not mount anything. */
function onNoexec(
  t: TestContext,
  args: readonly string[],
  options: readonly string[] = [],
): { status: number | null; stdout: string; stderr: string } | undefined {
  const namespace = ['--mount', ...(process.getuid?.() === 0 ? [] : ['--map-root-user'])];
  const command = [process.execPath, ...options, COMMAND, ...args];
  const ran = spawnSync('unshare', [...namespace, 'sh', '-c', REMOUNT, folder, ...command], {
    encoding: 'utf8',
    env: {
      ...process.env,
      // Of its own: in this one the plugin is listed as broken.
      GST_REGISTRY: join(temporaryFolder(t), 'registry.bin'),
      CONTROL_PLANE_URI: 'http://127.0.0.1:9',
    },
  });
  if (ran.status !== 99 && !ran.stderr.startsWith('unshare: ')) return ran;
  t.skip(`no mounts here: ${ran.stderr.trim()}`);
  return undefined;
}

const PIPELINE = ['videotestsrc', 'num-buffers=1', '!', 'kvssink', 'stream-name=x'];

/** Wherever it is noticed, what is the matter is said, and nothing that does not help. */
function assertAdvised(text: string): void {
  assert.ok(text.includes(` is on ${folder}, which is mounted noexec`), text);
  assert.match(text, /Install kvs-launch in a folder of another file system/);
  assert.doesNotMatch(text, /apt-get install|build-native/);
}

test('on a file system that is mounted noexec, kvs-launch says so', needs('unshare'), (t) => {
  const ran = onNoexec(t, PIPELINE);
  if (ran === undefined) return;
  assert.equal(ran.status, 1, ran.stderr);
  assertAdvised(ran.stderr);
});

test(
  'it does too where gst-launch-1.0 runs the pipeline, and only misses kvssink',
  needs('unshare', 'gst-launch-1.0'),
  (t) => {
    const ran = onNoexec(t, PIPELINE, ['--import', HIDDEN]);
    if (ran === undefined) return;
    assert.equal(ran.status, 1, ran.stderr);
    assert.match(ran.stderr, /no element "kvssink"/);
    assertAdvised(ran.stderr);
  },
);

test('doctor says the same of kvssink', needs('unshare', 'gst-inspect-1.0'), (t) => {
  const ran = onNoexec(t, ['doctor', '--json']);
  if (ran === undefined) return;
  const findings = JSON.parse(ran.stdout) as readonly { check: string; remedy?: string }[];
  assertAdvised(findings.find(({ check }) => check === 'kvssink')?.remedy ?? '');
});
