import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { startService, temporaryFolder } from '../local/support/service.ts';
import { decodedFrames } from './support/framecrc.ts';
import { persisted } from './support/persisted.ts';
import { assertWatchedToTheEnd, startRtspCamera } from './support/rtsp-camera.ts';
import { pipelineEnvironment, startPipeline, WAYS, words } from './support/run.ts';
import { fragmentFiles, storedFrames } from './support/stored.ts';
import { packetsOf } from './support/tools.ts';

function camera(url: string, protocol: string): string {
  return `rtspsrc location=${url} protocols=${protocol} latency=200 ! rtph264depay ! h264parse`;
}
const SINK = 'kvssink stream-name=camera';

for (const way of WAYS) {
  for (const protocol of ['tcp', 'udp']) {
    test(`${way}: every frame of an RTSP camera over ${protocol} is stored`, async (t) => {
      const service = await startService(t);
      const server = await startRtspCamera(t, 60);
      const file = join(temporaryFolder(t), 'arrived.mkv');
      const outcome = await startPipeline(
        t,
        way,
        words(`${camera(server.url, protocol)} ! tee name=t  t. ! queue ! ${SINK}
          t. ! queue ! matroskamux ! filesink location=${file}`),
        pipelineEnvironment(service.url),
      ).finished;
      assertWatchedToTheEnd(outcome);
      assert.equal(await server.frames(), 60);
      const arrived = packetsOf(file);
      // The farewell goes over a socket of its own: over UDP rtspsrc ends with it, whether the last
      // packets were read or not. Everything that it gave on is what counts.
      if (protocol === 'tcp') assert.equal(arrived.length, 60);
      else assert.ok(arrived.length > 45 && arrived.length <= 60, `${arrived.length} frames`);
      const frames = await storedFrames(service, 'camera');
      assert.deepEqual(
        frames.map(({ hash }) => hash),
        arrived.map(({ hash }) => hash),
      );
      assert.ok(frames[0]?.isKeyFrame);
      // A jitter buffer may give two frames one time, or go back; the service has what it gave.
      const startMs = (frames[0]?.timeMs ?? 0) - (arrived[0]?.timeMs ?? 0);
      for (const [index, frame] of frames.entries()) {
        const off = frame.timeMs - startMs - (arrived[index]?.timeMs ?? 0);
        assert.ok(Math.abs(off) <= 2, `frame ${index} is off by ${off} ms`);
      }
      // A picture without its end, or of which a packet was lost, can be decoded of neither of the two.
      const [stored, given] = await Promise.allSettled([
        decodedFrames(fragmentFiles(service, 'camera')),
        decodedFrames([file]),
      ]);
      if (protocol === 'tcp' || given.status === 'fulfilled') {
        assert.deepEqual(stored, { status: 'fulfilled', value: arrived.length });
      } else {
        assert.match(String(given.reason), /corrupt/);
        assert.match(String(stored.status === 'rejected' && stored.reason), /corrupt/);
      }
    });
  }

  test(`${way}: a camera that goes away ends the pipeline with a reason, and what came is stored`, async (t) => {
    const service = await startService(t);
    const server = await startRtspCamera(t, -1);
    const pipeline = startPipeline(
      t,
      way,
      words(`${camera(server.url, 'tcp')} ! ${SINK}`),
      pipelineEnvironment(service.url),
    );
    await persisted(service, 'camera', 2);
    server.program.child.kill('SIGKILL');
    const { code, stdout, stderr } = await pipeline.finished;
    // rtspsrc takes an orderly end for EOS with a warning, and a reset connection for an error.
    assert.match(stderr + stdout, /The server closed the connection|Could not re(ad|ceive)/);
    assert.match(stderr + stdout, code === 0 ? /Got EOS from element/ : /ERROR: from element/);
    const decoded = await decodedFrames(fragmentFiles(service, 'camera'));
    assert.equal(decoded, (await storedFrames(service, 'camera')).length);
    assert.ok(decoded > 30);
  });
}
