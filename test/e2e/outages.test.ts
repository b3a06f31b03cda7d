import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { startLocalService } from '../../src/local/service.ts';
import { startService, temporaryFolder } from '../local/support/service.ts';
import { freePort } from './support/free-port.ts';
import { persisted } from './support/persisted.ts';
import { pipelineEnvironment, startPipeline, WAYS, words } from './support/run.ts';
import { storedFrames } from './support/stored.ts';
import { packetsOf } from './support/tools.ts';

/** How long the service is away. */
const ABSENCE_MS = 10_000;

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** A live source, its frames also in a file to compare with. */
function live(frames: number, reference: string): string[] {
  return words(`videotestsrc is-live=true num-buffers=${frames} !
    video/x-raw,width=320,height=240,framerate=30/1 ! x264enc tune=zerolatency speed-preset=ultrafast key-int-max=30 !
    h264parse ! tee name=t
    t. ! queue ! kvssink stream-name=camera
    t. ! queue ! matroskamux ! filesink location=${reference}`);
}

function hashes(frames: readonly { hash: string }[]): string[] {
  return frames.map(({ hash }) => hash);
}

for (const way of WAYS) {
  test(`${way}: the service is not there for 10 s at the start; every frame arrives`, async (t) => {
    const dataDir = temporaryFolder(t);
    const reference = join(temporaryFolder(t), 'reference.mkv');
    const port = await freePort();
    const startedMs = Date.now();
    const pipeline = startPipeline(
      t,
      way,
      live(360, reference),
      pipelineEnvironment(`http://127.0.0.1:${port}`),
    );
    await pipeline.printed(/Setting pipeline to PLAYING/);
    await pause(ABSENCE_MS - (Date.now() - startedMs));
    assert.equal(pipeline.child.exitCode, null, pipeline.output());
    const service = await startService(t, { dataDir, port });
    const { code, stdout, stderr } = await pipeline.finished;
    assert.equal(code, 0, stdout + stderr);
    const source = hashes(packetsOf(reference));
    assert.equal(source.length, 360);
    assert.deepEqual(hashes(await storedFrames(service, 'camera')), source);
    assert.match(stdout, /WARNING: from element .*kvssink0/);
  });

  test(`${way}: the service is killed and comes back; nothing is missing`, async (t) => {
    const dataDir = temporaryFolder(t);
    const reference = join(temporaryFolder(t), 'reference.mkv');
    const first = await startLocalService({ dataDir });
    t.after(() => first.close());
    const port = Number(new URL(first.url).port);
    const pipeline = startPipeline(t, way, live(300, reference), pipelineEnvironment(first.url));
    await persisted(first, 'camera', 2);
    await first.close();
    await pause(2_000);
    const second = await startService(t, { dataDir, port });
    const { code, stdout, stderr } = await pipeline.finished;
    assert.equal(code, 0, stdout + stderr);
    const source = hashes(packetsOf(reference));
    assert.equal(source.length, 300);
    assert.deepEqual(hashes(await storedFrames(second, 'camera')), source);
  });
}
