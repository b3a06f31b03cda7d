import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startService } from '../local/support/service.ts';
import { persisted } from './support/persisted.ts';
import { startRtspCamera } from './support/rtsp-camera.ts';
import { pipelineEnvironment, startPipeline, WAYS, words } from './support/run.ts';
import { fragmentFiles, storedFrames } from './support/stored.ts';
import { ffprobeFrames } from './support/tools.ts';

const watch = (url: string, protocol: string): string[] =>
  words(`rtspsrc location=${url} protocols=${protocol} latency=200 ! rtph264depay ! h264parse !
    kvssink stream-name=camera`);

for (const way of WAYS) {
  for (const protocol of ['tcp', 'udp']) {
    test(`${way}: every frame of an RTSP camera over ${protocol} is stored`, async (t) => {
      const service = await startService(t);
      const camera = await startRtspCamera(t, 60);
      const pipeline = startPipeline(
        t,
        way,
        watch(camera.url, protocol),
        pipelineEnvironment(service.url),
      );
      const { stdout, stderr } = await pipeline.finished;
      // The server may close first, on which rtspsrc's farewell fails: only EOS is certain.
      assert.match(stdout, /Got EOS from element/, stderr);
      assert.equal(await camera.frames(), 60);
      const frames = await storedFrames(service, 'camera');
      assert.equal(frames.length, 60);
      assert.ok(frames[0]?.isKeyFrame);
      for (const [index, frame] of frames.entries()) {
        const previous = frames[index - 1];
        if (previous) assert.ok(frame.timeMs > previous.timeMs, `frame ${index} goes back`);
      }
      const decoded = fragmentFiles(service, 'camera').map((file) => ffprobeFrames(file));
      assert.equal(
        decoded.reduce((sum, count) => sum + count, 0),
        60,
      );
    });
  }

  test(`${way}: a camera that goes away ends the pipeline with a reason, and what came is stored`, async (t) => {
    const service = await startService(t);
    const camera = await startRtspCamera(t, -1);
    const pipeline = startPipeline(
      t,
      way,
      watch(camera.url, 'tcp'),
      pipelineEnvironment(service.url),
    );
    await persisted(service, 'camera', 2);
    camera.server.child.kill('SIGKILL');
    const { code, stdout, stderr } = await pipeline.finished;
    // rtspsrc takes an orderly end for EOS with a warning, and a reset connection for an error.
    assert.match(stderr + stdout, /The server closed the connection|Could not re(ad|ceive)/);
    assert.match(stderr + stdout, code === 0 ? /Got EOS from element/ : /ERROR: from element/);
    const files = fragmentFiles(service, 'camera');
    const decoded = files.reduce((sum, file) => sum + ffprobeFrames(file), 0);
    assert.equal(decoded, (await storedFrames(service, 'camera')).length);
    assert.ok(decoded > 30);
  });
}
