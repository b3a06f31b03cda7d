import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { startService } from '../local/support/service.ts';
import { tracksOf } from './support/framecrc.ts';
import { runPython } from './support/python.ts';
import { pipelineEnvironment, startPipeline, WAYS, words } from './support/run.ts';
import { fragmentFiles, type StoredFrame, storedFrames } from './support/stored.ts';

/** Two live tracks, 3 s each unless a case says otherwise. */
const VIDEO_FRAMES = 90;
const AUDIO_FRAMES = 141;
function video(more = ''): string {
  return `videotestsrc is-live=true num-buffers=${VIDEO_FRAMES} ${more} !
   video/x-raw,width=320,height=240,framerate=30/1 ! x264enc tune=zerolatency speed-preset=ultrafast key-int-max=30 !
   h264parse`;
}
function audio(frames = AUDIO_FRAMES, more = ''): string {
  return `audiotestsrc is-live=true samplesperbuffer=1024 num-buffers=${frames} ${more} !
   audio/x-raw,rate=48000,channels=1 ! audioconvert ! avenc_aac ! aacparse`;
}

async function play(t: TestContext, way: (typeof WAYS)[number], line: string) {
  const service = await startService(t);
  const pipeline = startPipeline(t, way, words(line), pipelineEnvironment(service.url));
  const { code, stdout, stderr } = await pipeline.finished;
  assert.equal(code, 0, stdout + stderr);
  const frames = await storedFrames(service, 'av');
  return {
    files: fragmentFiles(service, 'av'),
    frames,
    video: frames.filter(({ track }) => track === 1),
    audio: frames.filter(({ track }) => track === 2),
  };
}

/** Times of a track go up, and no frame is there twice. */
function assertClean(frames: readonly StoredFrame[]): void {
  for (const [index, frame] of frames.entries()) {
    const previous = frames[index - 1];
    if (previous) assert.ok(frame.timeMs > previous.timeMs, `frame ${index} goes back`);
  }
}

for (const way of WAYS) {
  test(`${way}: audio and video together, each fragment with both`, async (t) => {
    const {
      video: pictures,
      audio: sounds,
      files,
    } = await play(
      t,
      way,
      `${video()} ! queue ! kvssink name=k stream-name=av  ${audio()} ! queue ! k.`,
    );
    assert.equal(pictures.length, VIDEO_FRAMES);
    assert.ok(sounds.length >= AUDIO_FRAMES);
    assertClean(pictures);
    assertClean(sounds);
    const apart = Math.abs((pictures[0]?.timeMs ?? 0) - (sounds[0]?.timeMs ?? 0));
    assert.ok(apart < 1_000, `the tracks start ${apart} ms apart`);
    for (const tracks of await tracksOf(files)) {
      assert.deepEqual(
        tracks.map(({ codec }) => codec),
        ['h264', 'aac'],
      );
    }
  });
}

test('one side ends early: the other goes on', async (t) => {
  const { video: pictures, audio: sounds } = await play(
    t,
    'gst-launch-1.0',
    `${video()} ! queue ! kvssink name=k stream-name=av  ${audio(40)} ! queue ! k.`,
  );
  assert.equal(pictures.length, VIDEO_FRAMES);
  assert.ok(sounds.length >= 40);
  assertClean(pictures);
});

test('one side starts 2 s late: nothing of the other waits or is lost', async (t) => {
  const service = await startService(t);
  await runPython(t, service, 'late_audio.py', 'av');
  const frames = await storedFrames(service, 'av');
  const pictures = frames.filter(({ track }) => track === 1);
  const sounds = frames.filter(({ track }) => track === 2);
  assert.equal(pictures.length, 150);
  assert.ok(sounds.length > 50);
  assertClean(pictures);
  assertClean(sounds);
  const late = (sounds[0]?.timeMs ?? 0) - (pictures[0]?.timeMs ?? 0);
  assert.ok(late > 1_500, `audio starts ${late} ms after video`);
});

test('tee to three kvssinks: three whole streams', async (t) => {
  const service = await startService(t);
  const pipeline = startPipeline(
    t,
    'kvs-launch',
    words(`${video()} ! tee name=t  t. ! queue ! kvssink stream-name=one
      t. ! queue ! kvssink stream-name=two  t. ! queue ! kvssink stream-name=three`),
    pipelineEnvironment(service.url),
  );
  const { code, stdout, stderr } = await pipeline.finished;
  assert.equal(code, 0, stdout + stderr);
  const one = (await storedFrames(service, 'one')).map(({ hash }) => hash);
  assert.equal(one.length, VIDEO_FRAMES);
  for (const name of ['two', 'three']) {
    assert.deepEqual(
      (await storedFrames(service, name)).map(({ hash }) => hash),
      one,
    );
  }
});
