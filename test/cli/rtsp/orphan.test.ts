import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../../../src/runtime/package-root.ts';
import { persisted } from '../../e2e/support/persisted.ts';
import { startRtspCamera } from '../../e2e/support/rtsp-camera.ts';
import { pipelineEnvironment, start } from '../../e2e/support/run.ts';
import { startService, temporaryFolder } from '../../local/support/service.ts';

for (const signal of ['SIGKILL', 'SIGHUP'] as const) {
  test(`kvs-launch rtsp that ends by ${signal} leaves nothing running: the stream ends`, async (t) => {
    const service = await startService(t);
    // Its film of 20 s would end the attempt too, but with other words.
    const camera = await startRtspCamera(t, 600);
    const script = join(packageRoot, 'bin', 'kvs-launch.js');
    const env = pipelineEnvironment(service.url, {
      STREAM_NAME: 'camera',
      // Its own file would be left behind.
      KVS_HEALTH_FILE: join(temporaryFolder(t), 'health.json'),
    });
    const client = start(t, process.execPath, [script, 'rtsp', camera.url], env);
    await persisted(service, 'camera', 1);
    client.child.kill(signal);
    // Finished is it when nobody holds the output any more.
    const { stdout, stderr } = await client.finished;
    // Now and then rtspsrc takes no EOS: the pipeline is stopped then, and what came is sent.
    assert.match(stdout, /Waiting for EOS.*Execution ended.*Freeing/s, stderr);
    assert.doesNotMatch(stderr, /connecting again/);
  });
}
