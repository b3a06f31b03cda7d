// The command, as a user runs it, with the test picture and a list from a program that prints it.
import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../../../src/runtime/package-root.ts';
import { pipelineEnvironment, start } from '../../e2e/support/run.ts';
import { storedFrames } from '../../e2e/support/stored.ts';
import { startService, temporaryFolder } from '../../local/support/service.ts';

const COMMAND = join(packageRoot, 'bin', 'kvs-launch.js');

const MONITOR = `#!/bin/sh
printf 'Probing devices...\\n\\n\\nDevice found:\\n\\n\\tname  : Desk\\n\\tclass : Video/Source\\n'
printf '\\tcaps  : video/x-h264, width=640, height=480, framerate=30/1\\n'
printf '\\tproperties:\\n\\t\\tdevice.path = /dev/video0\\n\\tgst-launch-1.0 v4l2src ! ...\\n'
`;

test('the test picture and a tone are streamed until the interrupt, and all of it is stored', async (t) => {
  const service = await startService(t);
  const options = ['--device', 'test', '--audio', '--size', '320x240', '--stream-name', 'yard'];
  const running = start(
    t,
    process.execPath,
    [COMMAND, 'camera', ...options, '--endpoint', service.url, '--key-interval', '0.5'],
    pipelineEnvironment(undefined),
  );
  await running.printed(
    /gst-launch-1\.0 -e videotestsrc is-live=true ! .* key-int-max=15 .*kvssink name=sink/,
  );
  const hasBoth = async (): Promise<boolean> => {
    const frames = await storedFrames(service, 'yard').catch(() => []);
    return new Set(frames.map(({ track }) => track)).size === 2;
  };
  while (!(await hasBoth())) {
    assert.equal(running.child.exitCode, null, running.output());
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  running.child.kill('SIGINT');
  const { code, stderr } = await running.finished;
  assert.equal(code, 0, stderr);
});

test('--dry-run prints a pipeline that gst-launch-1.0 takes, and runs nothing', async (t) => {
  const service = await startService(t);
  const env = pipelineEnvironment(service.url);
  const args = [COMMAND, 'camera', '--device', 'test', '--dry-run'];
  const named = { ...env, STREAM_NAME: 'copy' };
  const { code, stdout } = await start(t, process.execPath, args, named).finished;
  assert.equal(code, 0);
  assert.equal((await storedFrames(service, 'copy').catch(() => [])).length, 0);
  const finite = stdout.replace('is-live=true', 'num-buffers=30');
  const copied = await start(t, 'sh', ['-c', finite], env).finished;
  assert.equal(copied.code, 0, copied.stderr);
  assert.equal((await storedFrames(service, 'copy')).length, 30);
});

test('--list prints what gst-device-monitor-1.0 finds, and its first camera is the default', async (t) => {
  const folder = temporaryFolder(t);
  const monitor = join(folder, 'gst-device-monitor-1.0');
  writeFileSync(monitor, MONITOR);
  chmodSync(monitor, 0o755);
  const env = pipelineEnvironment(undefined, { PATH: `${folder}:${process.env['PATH']}` });
  const list = await start(t, process.execPath, [COMMAND, 'camera', '--list'], env).finished;
  assert.match(
    list.stdout,
    /^video 0: Desk \(\/dev\/video0\)\n.*\n {4}video\/x-h264 640x480 30 fps$/m,
  );
  const dry = await start(t, process.execPath, [COMMAND, 'camera', '--dry-run'], env).finished;
  assert.match(
    dry.stdout,
    /^gst-launch-1\.0 -e v4l2src device=\/dev\/video0 .* video\/x-h264,width=640,.* h264parse/,
  );
});

test('a wrong size or bit rate, and GStreamer that is not there, are sentences with what to do', async (t) => {
  const bare = pipelineEnvironment(undefined, { PATH: temporaryFolder(t) });
  const missing = await start(t, process.execPath, [COMMAND, 'camera'], bare).finished;
  assert.equal(missing.code, 1);
  assert.match(missing.stderr, /ERROR: GStreamer is not installed\nsudo apt-get install/);
  const list = await start(t, process.execPath, [COMMAND, 'camera', '--list'], bare).finished;
  assert.match(list.stderr, /gstreamer1\.0-plugins-base-apps/);
  for (const [option, value, text] of [
    ['--size', 'large', /written as 1280x720/],
    // Some encoders take whole kilobits alone.
    ['--bitrate', '0.5', /whole number/],
  ] as const) {
    const args = [COMMAND, 'camera', option, value];
    const wrong = await start(t, process.execPath, args, bare).finished;
    assert.equal(wrong.code, 1);
    assert.match(wrong.stderr, text);
  }
});
