import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../../../src/runtime/package-root.ts';
import { freePort } from '../../e2e/support/free-port.ts';
import { persisted } from '../../e2e/support/persisted.ts';
import { startRtspCamera } from '../../e2e/support/rtsp-camera.ts';
import { pipelineEnvironment, start } from '../../e2e/support/run.ts';
import { startService, temporaryFolder } from '../../local/support/service.ts';
import { COMMAND, startCommand } from '../support/kvs-launch.ts';

test('SIGHUP ends the stream of a single camera, as every interrupt does', async (t) => {
  const service = await startService(t);
  const camera = await startRtspCamera(t, -1);
  const client = startCommand(t, service.url, ['rtsp', camera.url], { STREAM_NAME: 'camera' });
  await persisted(service, 'camera', 1);
  client.child.kill('SIGHUP');
  const { code, stdout, stderr } = await client.finished;
  // Now and then rtspsrc takes no EOS: the pipeline is stopped then, and what came is sent.
  assert.match(stdout, /Waiting for EOS.*Execution ended.*Freeing/s, stderr);
  assert.equal(code, 0);
});

test('a terminal that closes ends many cameras too: it does not ask for their file again', async (t) => {
  const file = join(temporaryFolder(t), 'cameras.yaml');
  const url = `rtsp://127.0.0.1:${await freePort()}/nobody`;
  writeFileSync(file, JSON.stringify({ cameras: [{ name: 'door', url }] }));
  const script = join(packageRoot, 'test', 'cli', 'support', 'hang_up.py');
  const command = [process.execPath, COMMAND, 'rtsp', '--cameras', file];
  const args = [script, 'connecting again', ...command];
  const terminal = start(t, '/usr/bin/python3', args, pipelineEnvironment('http://127.0.0.1:9'));
  const { stdout } = await terminal.finished;
  // 1 if a connection was just failing.
  assert.match(stdout, /exit code [01]$/m);
  assert.doesNotMatch(stdout, /No camera has changed/);
});
