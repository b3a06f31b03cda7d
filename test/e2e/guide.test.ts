import assert from 'node:assert/strict';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../../src/host/native-files.ts';
import {
  LOCAL_ACCESS_KEY_ID,
  LOCAL_SECRET_ACCESS_KEY,
} from '../../src/local/sigv4/credential-store.ts';
import { startService } from '../local/support/service.ts';
import { pipelineEnvironment, start, startPipeline, WAYS, words } from './support/run.ts';
import { fragmentFiles, storedFrames } from './support/stored.ts';

/** The 2019 guide's keys and storage size, as its examples have them. */
const GUIDE = `storage-size=512 access-key=${LOCAL_ACCESS_KEY_ID} secret-key=${LOCAL_SECRET_ACCESS_KEY} aws-region=us-west-2`;

/** Examples 2 and 6 of the guide, with a test source in place of the camera. */
const EXAMPLES = [
  `videotestsrc num-buffers=90 do-timestamp=TRUE is-live=true ! videoconvert !
   video/x-raw,format=I420,width=640,height=480,framerate=30/1 !
   x264enc bframes=0 key-int-max=45 bitrate=500 !
   video/x-h264,stream-format=avc,alignment=au,profile=baseline ! kvssink
   stream-name=guide ${GUIDE}`,
  `videotestsrc num-buffers=90 do-timestamp=TRUE is-live=true ! videoconvert !
   video/x-raw,format=I420,width=640,height=480,framerate=30/1 !
   x264enc bframes=0 key-int-max=45 ! h264parse !
   video/x-h264,stream-format=avc,alignment=au,width=640,height=480,framerate=30/1,profile=baseline !
   kvssink stream-name=guide frame-timestamp=pts-only ${GUIDE}`,
];

for (const way of WAYS) {
  for (const [index, line] of EXAMPLES.entries()) {
    test(`${way}: the 2019 guide's command line ${index + 1} runs as it stands`, async (t) => {
      const service = await startService(t);
      const env = pipelineEnvironment(service.url, {
        AWS_ACCESS_KEY_ID: undefined,
        AWS_SECRET_ACCESS_KEY: undefined,
      });
      const { code, stdout, stderr } = await startPipeline(t, way, words(line), env).finished;
      assert.equal(code, 0, stdout + stderr);
      assert.equal((await storedFrames(service, 'guide')).length, 90);
      assert.doesNotMatch(stdout + stderr, new RegExp(LOCAL_SECRET_ACCESS_KEY));
    });
  }
}

for (const protocol of ['tcp', 'udp'] as const) {
  test(`a network camera over RTSP (${protocol}) arrives`, async (t) => {
    const service = await startService(t);
    const camera = start(t, '/usr/bin/python3', [
      join(packageRoot, 'test', 'e2e', 'python', 'rtsp_camera.py'),
    ]);
    const [, url] = await camera.printed(/(rtsp:\S+)/);
    const pipeline = startPipeline(
      t,
      'gst-launch-1.0',
      words(`-e rtspsrc location=${url} protocols=${protocol} latency=100 ! rtph264depay !
        h264parse ! video/x-h264,stream-format=avc,alignment=au ! kvssink stream-name=garden`),
      pipelineEnvironment(service.url),
    );
    while (fragmentFiles(service, 'garden').length < 2) {
      assert.equal(pipeline.child.exitCode, null, pipeline.output());
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    pipeline.child.kill('SIGINT');
    const { code, stdout, stderr } = await pipeline.finished;
    assert.equal(code, 0, stdout + stderr);
    const frames = await storedFrames(service, 'garden');
    assert.ok(frames.length > 30);
    for (const [index, frame] of frames.entries()) {
      const previous = frames[index - 1];
      if (previous) assert.ok(frame.timeMs > previous.timeMs, `frame ${index}`);
    }
    camera.child.kill();
    if (camera.child.exitCode === null) await once(camera.child, 'exit');
  });
}
