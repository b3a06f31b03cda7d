// H.264 and H.265 that come NAL unit by NAL unit (alignment=nal).
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { startService } from '../local/support/service.ts';
import { decodedFrames } from './support/framecrc.ts';
import { media } from './support/media.ts';
import { assertWatchedToTheEnd, startRtspCamera } from './support/rtsp-camera.ts';
import { pipelineEnvironment, startPipeline, WAYS, type Way, words } from './support/run.ts';
import { fragmentFiles, storedFrames } from './support/stored.ts';
import { packetsOf } from './support/tools.ts';

async function play(t: TestContext, way: Way, line: string) {
  const service = await startService(t);
  const pipeline = startPipeline(t, way, words(line), pipelineEnvironment(service.url));
  const { code, stdout, stderr } = await pipeline.finished;
  assert.equal(code, 0, stdout + stderr);
  assert.doesNotMatch(stdout, /WARNING/);
  return {
    stored: (stream: string) => storedFrames(service, stream),
    decoded: (stream: string) => decodedFrames(fragmentFiles(service, stream)),
  };
}

/** Pictures of three slices each, 90 of them. */
const VIDEO =
  'videotestsrc num-buffers=90 ! video/x-raw,format=I420,width=320,height=240,framerate=30/1';
const CASES = {
  'H.264': `${VIDEO} ! x264enc key-int-max=30 speed-preset=ultrafast bframes=2 sliced-threads=true threads=3 !
    video/x-h264,stream-format=byte-stream ! tee name=t
    t. ! queue ! h264parse ! video/x-h264,stream-format=byte-stream,alignment=au !
      kvssink stream-name=whole streaming-type=offline file-start-time=1700000000
    t. ! queue ! h264parse ! video/x-h264,stream-format=byte-stream,alignment=nal !
      kvssink stream-name=pieces streaming-type=offline file-start-time=1700000000`,
  'H.265': `${VIDEO} ! x265enc key-int-max=30 speed-preset=ultrafast
      option-string=open-gop=0:slices=3 ! tee name=t
    t. ! queue ! h265parse ! video/x-h265,stream-format=byte-stream,alignment=au !
      kvssink stream-name=whole streaming-type=offline file-start-time=1700000000
    t. ! queue ! h265parse ! video/x-h265,stream-format=byte-stream,alignment=nal !
      kvssink stream-name=pieces streaming-type=offline file-start-time=1700000000`,
} as const;

for (const [codec, line] of Object.entries(CASES)) {
  test(`${codec} in pieces is stored as the same frames as in whole access units`, async (t) => {
    const { stored, decoded } = await play(t, 'gst-launch-1.0', line);
    const pieces = await stored('pieces');
    assert.equal(pieces.length, 90);
    assert.deepEqual(pieces, await stored('whole'));
    assert.equal(await decoded('pieces'), 90);
  });
}

for (const way of WAYS) {
  test(`${way}: parsebin and kvssink alone store every frame of a file`, async (t) => {
    const file = media('video-1080p.mp4');
    const { stored } = await play(
      t,
      way,
      `filesrc location=${file} ! parsebin ! kvssink stream-name=film streaming-type=offline
       file-start-time=1700000000`,
    );
    const frames = await stored('film');
    const source = packetsOf(file);
    // parsebin's parser puts the parameter sets in front of the first picture.
    assert.deepEqual(
      frames.slice(1).map(({ hash }) => hash),
      source.slice(1).map(({ hash }) => hash),
    );
    for (const [index, frame] of frames.entries()) {
      const expected = 1_700_000_000_000 + (source[index]?.timeMs ?? 0);
      assert.ok(Math.abs(frame.timeMs - expected) <= 1, `frame ${index}: ${frame.timeMs}`);
    }
  });

  test(`${way}: parsebin's audio and video become two tracks of one stream`, async (t) => {
    const { stored, decoded } = await play(
      t,
      way,
      `filesrc location=${media('av.mkv')} ! parsebin name=p
       p. ! kvssink name=k stream-name=film streaming-type=offline  p. ! k.`,
    );
    const frames = await stored('film');
    const [pictures, sounds] = [1, 2].map((id) => frames.filter(({ track }) => track === id));
    assert.equal(pictures?.length, 150);
    assert.equal(sounds?.length, packetsOf(media('av.mkv'), 'a:0').length);
    assert.equal(await decoded('film'), 150);
  });

  for (const caps of ['', 'video/x-h264,stream-format=byte-stream,alignment=nal !']) {
    const name = caps === '' ? 'directly' : 'NAL unit by NAL unit';
    test(`${way}: rtph264depay gives its frames to kvssink ${name}`, async (t) => {
      const service = await startService(t);
      const camera = await startRtspCamera(t, 60);
      const pipeline = startPipeline(
        t,
        way,
        words(`rtspsrc location=${camera.url} protocols=tcp latency=200 ! rtph264depay ! ${caps}
          kvssink stream-name=camera`),
        pipelineEnvironment(service.url),
      );
      assertWatchedToTheEnd(await pipeline.finished);
      assert.equal(await camera.frames(), 60);
      assert.equal((await storedFrames(service, 'camera')).length, 60);
      assert.equal(await decodedFrames(fragmentFiles(service, 'camera')), 60);
    });
  }
}
