import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../../src/runtime/package-root.ts';
import { startService, temporaryFolder } from '../local/support/service.ts';
import { pipelineEnvironment, startPipeline, WAYS, type Way, words } from './support/run.ts';

const VIDEO =
  'videotestsrc is-live=true ! video/x-raw,width=320,height=240 ! x264enc tune=zerolatency speed-preset=ultrafast ! h264parse';

type BadInput = {
  readonly name: string;
  readonly sink: string;
  readonly env?: Record<string, string | undefined>;
  /** In the ERROR's text. */
  readonly says: RegExp;
  readonly ways?: readonly Way[];
};

const BAD_INPUTS: readonly BadInput[] = [
  { name: 'no stream name', sink: 'kvssink stream-name=""', says: /Set stream-name or stream-arn/ },
  {
    name: 'a name KVS would not accept',
    sink: 'kvssink stream-name=a/b',
    says: /a\/b.*letters, digits/s,
  },
  {
    name: 'a name that is too long',
    sink: `kvssink stream-name=${'x'.repeat(257)}`,
    says: /257.*256/s,
  },
  {
    name: 'no credentials',
    sink: 'kvssink stream-name=x',
    env: { AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined },
    says: /credentials/,
  },
  {
    name: 'credentials that the service refuses',
    sink: 'kvssink stream-name=x access-key=AKIAWRONG secret-key=wrong',
    says: /AKIAWRONG|security token|credentials/i,
  },
  {
    name: 'a stream that is not there and may not be created',
    sink: 'kvssink stream-name=absent allow-create-stream=false',
    says: /absent.*(not exist|does not|not found|allow-create-stream)/s,
  },
  {
    name: 'a near-realtime buffer of too few fragments',
    sink: 'kvssink stream-name=x streaming-type=near-realtime buffer-duration=20',
    says: /10 fragments.*more than 10/s,
  },
];

for (const way of WAYS) {
  for (const { name, sink, env, says } of BAD_INPUTS) {
    test(`${way}: ${name} is an error that says so, and a non-zero exit`, async (t) => {
      const service = await startService(t);
      const pipeline = startPipeline(
        t,
        way,
        words(`${VIDEO} ! ${sink}`),
        pipelineEnvironment(service.url, env),
      );
      const { code, stdout, stderr } = await pipeline.finished;
      assert.notEqual(code, 0, stdout + stderr);
      assert.match(stderr, /ERROR: from element .*kvssink0: /);
      assert.match(stderr, says);
      assert.doesNotMatch(stdout + stderr, /secret-key=wrong|kvs-launch-local-secret/);
    });
  }
}

test('no node: the error says what to install', async (t) => {
  const folder = temporaryFolder(t);
  for (const program of ['gst-launch-1.0']) {
    symlinkSync(join('/usr/bin', program), join(folder, program));
  }
  const { stderr, code } = await startPipeline(
    t,
    'gst-launch-1.0',
    words(`${VIDEO} ! kvssink stream-name=x`),
    pipelineEnvironment(undefined, { PATH: folder, KVS_NODE: undefined }),
  ).finished;
  assert.notEqual(code, 0);
  assert.match(stderr, /there is no node in PATH\. Install Node\.js 20\.19/);
});

test('a host script that cannot be read: the error names it', async (t) => {
  const folder = temporaryFolder(t);
  mkdirSync(join(folder, 'locked'));
  const script = join(folder, 'main.js');
  writeFileSync(script, '');
  chmodSync(script, 0);
  const missing = join(folder, 'missing.js');
  // Root may read anything: there the file that is missing has to do.
  const given = process.getuid?.() === 0 ? missing : script;
  const { stderr, code } = await startPipeline(
    t,
    'gst-launch-1.0',
    words(`${VIDEO} ! kvssink stream-name=x`),
    pipelineEnvironment(undefined, { KVS_HOST_SCRIPT: given }),
  ).finished;
  assert.notEqual(code, 0);
  assert.match(stderr, new RegExp(`${given}.*(does not exist|cannot be read)`));
});

test('a host script that is a link finds what lies beside the file', async (t) => {
  const service = await startService(t);
  const link = join(temporaryFolder(t), 'elsewhere.cjs');
  symlinkSync(join(packageRoot, 'dist', 'bundle', 'host.cjs'), link);
  const { stderr, code } = await startPipeline(
    t,
    'gst-launch-1.0',
    words(`${VIDEO.replace('is-live=true', 'num-buffers=30')} ! kvssink stream-name=x`),
    pipelineEnvironment(service.url, { KVS_HOST_SCRIPT: link }),
  ).finished;
  assert.equal(code, 0, stderr);
});

test('kvs-launch: a missing element comes with its Debian package', async (t) => {
  const { stderr, code } = await startPipeline(
    t,
    'kvs-launch',
    words('videotestsrc ! nvh264enc9 ! h264parse ! kvssink stream-name=x'),
    pipelineEnvironment(undefined),
  ).finished;
  assert.equal(code, 1);
  assert.match(stderr, /no element "nvh264enc9"/);
});

test('kvs-launch: a pipeline without kvssink is an error that says so', async (t) => {
  const { stderr, code } = await startPipeline(
    t,
    'kvs-launch',
    words('videotestsrc num-buffers=1 ! fakesink'),
    pipelineEnvironment(undefined),
  ).finished;
  assert.equal(code, 1);
  assert.match(stderr, /there is no kvssink in this pipeline/);
});
