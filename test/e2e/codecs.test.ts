import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { startService, temporaryFolder } from '../local/support/service.ts';
import { decodedFrames, tracksOf } from './support/framecrc.ts';
import { media } from './support/media.ts';
import { pipelineEnvironment, startPipeline, WAYS, type Way, words } from './support/run.ts';
import { fragmentFiles, type StoredFrame, storedFrames } from './support/stored.ts';
import { packetsOf } from './support/tools.ts';

function hashes(frames: readonly { hash: string }[]): string[] {
  return frames.map(({ hash }) => hash);
}

/** Runs a pipeline to its end against a service of its own. */
async function play(t: TestContext, way: Way, line: string, stream = 'stream') {
  const service = await startService(t);
  const pipeline = startPipeline(t, way, words(line), pipelineEnvironment(service.url));
  const { code, stdout, stderr } = await pipeline.finished;
  assert.equal(code, 0, stdout + stderr);
  assert.doesNotMatch(stdout, /WARNING/);
  const files = fragmentFiles(service, stream);
  return { frames: await storedFrames(service, stream), files, stdout };
}

/** Every frame of the copy is stored once, in order, at the copy's times plus one start. */
function assertSame(
  stored: readonly StoredFrame[],
  source: readonly { hash: string; timeMs: number }[],
  start: number = (stored[0]?.timeMs ?? 0) - (source[0]?.timeMs ?? 0),
): void {
  assert.deepEqual(hashes(stored), hashes(source));
  for (const [index, frame] of stored.entries()) {
    const off = frame.timeMs - start - (source[index]?.timeMs ?? 0);
    assert.ok(Math.abs(off) <= 1.001, `frame ${index} is off by ${off} ms`);
  }
}

const VIDEO = 'videotestsrc num-buffers=90 ! video/x-raw,width=320,height=240,framerate=30/1';
const AUDIO = 'audiotestsrc num-buffers=150 samplesperbuffer=1024';

type Case = {
  readonly name: string;
  readonly encode: string;
  readonly codec: string;
  readonly frames: number;
  readonly select: 'v:0' | 'a:0';
};

const CASES: readonly Case[] = [
  {
    name: 'x264, avc, B-frames',
    encode: `${VIDEO} ! x264enc key-int-max=30 ! h264parse ! video/x-h264,stream-format=avc`,
    codec: 'h264',
    frames: 90,
    select: 'v:0',
  },
  {
    name: 'x265',
    encode: `${VIDEO} ! x265enc key-int-max=30 speed-preset=ultrafast option-string=open-gop=0 ! h265parse`,
    codec: 'hevc',
    frames: 90,
    select: 'v:0',
  },
  {
    name: 'AAC by avenc_aac',
    encode: `${AUDIO} ! audio/x-raw,rate=48000,channels=2 ! audioconvert ! avenc_aac ! aacparse`,
    codec: 'aac',
    frames: 151,
    select: 'a:0',
  },
  {
    name: 'AAC by voaacenc',
    encode: `${AUDIO} ! audio/x-raw,rate=44100,channels=1 ! audioconvert ! voaacenc ! aacparse`,
    codec: 'aac',
    frames: 150,
    select: 'a:0',
  },
  {
    name: 'A-law',
    encode: `audiotestsrc num-buffers=40 samplesperbuffer=1024 ! audio/x-raw,rate=8000,channels=1 ! alawenc`,
    codec: 'pcm_alaw',
    frames: 40,
    select: 'a:0',
  },
  {
    name: 'mu-law',
    encode: `audiotestsrc num-buffers=40 samplesperbuffer=1024 ! audio/x-raw,rate=8000,channels=1 ! mulawenc`,
    codec: 'pcm_mulaw',
    frames: 40,
    select: 'a:0',
  },
];

for (const way of WAYS) {
  for (const { name, encode, codec, frames, select } of CASES) {
    test(`${way}: ${name} arrives whole and is what ffmpeg takes it for`, async (t) => {
      const reference = join(temporaryFolder(t), 'reference.mkv');
      const { frames: stored, files } = await play(
        t,
        way,
        `${encode} ! tee name=t  t. ! queue ! kvssink stream-name=stream
         t. ! queue ! matroskamux ! filesink location=${reference}`,
      );
      const source = packetsOf(reference, select);
      assert.ok(source.length >= frames);
      assertSame(stored, source);
      for (const [track] of await tracksOf(files)) assert.equal(track?.codec, codec);
      assert.equal(await decodedFrames(files, select), source.length);
    });
  }
}

for (const [file, demux] of [
  ['av.mp4', 'qtdemux'],
  ['av.mkv', 'matroskademux'],
] as const) {
  test(`${file}: both tracks arrive whole`, async (t) => {
    const path = media(file);
    const { frames } = await play(
      t,
      'gst-launch-1.0',
      `filesrc location=${path} ! ${demux} name=d
       d.video_0 ! queue ! h264parse ! kvssink name=k stream-name=stream
         streaming-type=offline file-start-time=1700000000
       d.audio_0 ! queue ! aacparse ! k.`,
    );
    const video = frames.filter(({ track }) => track === 1);
    const audio = frames.filter(({ track }) => track === 2);
    assertSame(video, packetsOf(path, 'v:0'), 1_700_000_000_000);
    assertSame(audio, packetsOf(path, 'a:0'), 1_700_000_000_000);
  });
}

test('a transport stream arrives whole', async (t) => {
  const reference = join(temporaryFolder(t), 'reference.mkv');
  const { frames } = await play(
    t,
    'gst-launch-1.0',
    `filesrc location=${media('video.ts')} ! tsdemux ! h264parse ! tee name=t
     t. ! queue ! kvssink stream-name=stream streaming-type=offline
     t. ! queue ! matroskamux ! filesink location=${reference}`,
  );
  const source = packetsOf(reference);
  assert.equal(source.length, 150);
  assertSame(frames, source);
});
