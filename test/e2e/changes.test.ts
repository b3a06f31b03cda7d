import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import type { LocalService } from '../../src/local/options.ts';
import { MatroskaReader } from '../../src/matroska/reader.ts';
import { startService } from '../local/support/service.ts';
import { decodedFrames } from './support/framecrc.ts';
import { media } from './support/media.ts';
import { runPython } from './support/python.ts';
import { pipelineEnvironment, startPipeline, WAYS, words } from './support/run.ts';
import { fragmentFiles, type StoredFrame, storedFrames } from './support/stored.ts';
import { packetsOf, tool } from './support/tools.ts';

function video(width: number, encoder: string): string {
  return `videotestsrc num-buffers=60 !
   video/x-raw,width=${width},height=${(width * 3) / 4},framerate=30/1 ! ${encoder}`;
}
function audio(rate: number, encoder: string, channels = 1): string {
  return `audiotestsrc num-buffers=60 samplesperbuffer=1024 !
   audio/x-raw,rate=${rate},channels=${channels} ! audioconvert ! ${encoder}`;
}

const X264 = 'x264enc speed-preset=ultrafast key-int-max=30 bframes=0';
const X265 = 'x265enc key-int-max=30 speed-preset=ultrafast option-string=open-gop=0:bframes=0';

type Change = {
  readonly name: string;
  readonly before: string;
  readonly after: string;
  /** Beside the changing track: the whole launch line of another one. */
  readonly beside?: string;
  readonly select: 'v:0' | 'a:0';
  /** What ffprobe says of the track, before and after. */
  readonly entries: string;
  readonly says: readonly [string, string];
};

const CHANGES: readonly Change[] = [
  {
    name: 'H.264, another resolution',
    before: video(320, `${X264} ! video/x-h264,profile=main ! h264parse`),
    after: video(640, `${X264} ! video/x-h264,profile=main ! h264parse`),
    select: 'v:0',
    entries: 'width,height',
    says: ['320,240', '640,480'],
  },
  {
    name: 'H.264 in byte-stream, another resolution',
    before: video(320, `${X264} ! video/x-h264,stream-format=byte-stream,profile=main`),
    after: video(640, `${X264} ! video/x-h264,stream-format=byte-stream,profile=main`),
    select: 'v:0',
    entries: 'width,height',
    says: ['320,240', '640,480'],
  },
  {
    name: 'H.264, the same picture with another profile',
    before: video(320, `${X264} ! video/x-h264,profile=baseline ! h264parse`),
    // The preset of the others makes no use of what High has.
    after: video(320, 'x264enc key-int-max=30 bframes=0 ! video/x-h264,profile=high ! h264parse'),
    select: 'v:0',
    entries: 'profile',
    says: ['Constrained Baseline', 'High'],
  },
  {
    name: 'H.265, another resolution',
    before: video(320, `${X265} ! h265parse`),
    after: video(640, `${X265} ! h265parse`),
    select: 'v:0',
    entries: 'width,height',
    says: ['320,240', '640,480'],
  },
  {
    name: 'AAC, another rate and more channels',
    before: audio(44_100, 'avenc_aac ! aacparse'),
    after: audio(48_000, 'avenc_aac ! aacparse', 2),
    select: 'a:0',
    entries: 'sample_rate,channels',
    says: ['44100,1', '48000,2'],
  },
  {
    name: 'A-law, another rate',
    before: audio(8_000, 'alawenc'),
    after: audio(16_000, 'alawenc'),
    select: 'a:0',
    entries: 'sample_rate,channels',
    says: ['8000,1', '16000,1'],
  },
  {
    name: 'H.264, another resolution while audio goes on',
    before: video(320, `${X264} ! video/x-h264,profile=main ! h264parse`),
    after: video(640, `${X264} ! video/x-h264,profile=main ! h264parse`),
    beside:
      'audiotestsrc num-buffers=187 samplesperbuffer=1024 ! audio/x-raw,rate=48000,channels=1 ! audioconvert ! avenc_aac ! aacparse ! queue ! s.',
    select: 'v:0',
    entries: 'width,height',
    says: ['320,240', '640,480'],
  },
];

/** Codec private data in the header of a fragment's first track. */
async function privateData(file: string): Promise<string> {
  let found = '';
  const reader = new MatroskaReader({
    tracks: ([track]) => {
      found = Buffer.from(track?.codecPrivate ?? []).toString('hex');
    },
  });
  reader.push(await readFile(file));
  reader.end();
  return found;
}

function assertForward(frames: readonly StoredFrame[]): void {
  for (const [index, frame] of frames.entries()) {
    const previous = frames[index - 1];
    if (previous) assert.ok(frame.timeMs > previous.timeMs, `frame ${index} goes back`);
  }
}

for (const way of WAYS) {
  for (const { name, before, after, beside, select, entries, says } of CHANGES) {
    // What changes is seen by the core, which is the same in both: the one with most to do is enough.
    if (way === 'kvs-launch' && beside === undefined) continue;
    test(`${way}: ${name}: both sides are whole and can be played`, async (t) => {
      const service = await startService(t);
      const { code, stdout, stderr } = await startPipeline(
        t,
        way,
        words(`concat name=c ! queue ! kvssink name=s stream-name=changing
          ${before} ! c.  ${after} ! c.  ${beside ?? ''}`),
        pipelineEnvironment(service.url),
      ).finished;
      assert.equal(code, 0, stdout + stderr);
      assert.doesNotMatch(stdout + stderr, /WARNING/);
      const frames = await storedFrames(service, 'changing');
      const first = frames.filter(({ track }) => track === 1);
      assert.ok(first.length >= 120 && first.length <= 124, `${first.length} frames`);
      for (const track of [1, 2]) assertForward(frames.filter((frame) => frame.track === track));

      const files = fragmentFiles(service, 'changing');
      const seen: string[] = [];
      const privates = new Map<string, string>();
      for (const file of files) {
        const said = probe(file, select, entries);
        if (seen.at(-1) !== said) seen.push(said);
        const data = await privateData(file);
        assert.equal(privates.get(said) ?? data, data);
        privates.set(said, data);
      }
      assert.deepEqual(seen, says);
      assert.equal(new Set(privates.values()).size, 2);
      assert.equal(await decodedFrames(files, select), first.length);
      if (beside) {
        const sounds = frames.filter(({ track }) => track === 2);
        assert.ok(sounds.length >= 187, `${sounds.length} frames of audio`);
      }
    });
  }
}

function probe(file: string, select: string, entries: string): string {
  return tool('ffprobe', [
    ...['-v', 'error', '-select_streams', select, '-show_entries', `stream=${entries}`],
    ...['-of', 'csv=p=0', file],
  ]).trim();
}

/** Frames of the film, and what the program says of its jump. */
async function seek(
  t: Parameters<typeof startService>[0],
  service: LocalService,
  ...args: string[]
): Promise<{ before: number; after: number }> {
  return runPython(t, service, 'seek.py', media('av.mp4'), ...args);
}

for (const [where, mode] of [
  ['middle', 'realtime'],
  ['middle', 'offline'],
  ['end', 'realtime'],
  ['end', 'offline'],
] as const) {
  test(`a jump back from the ${where}, ${mode}: all of it is stored, and times go on`, async (t) => {
    const service = await startService(t);
    const { before, after } = await seek(t, service, 'jump', where, `streaming-type=${mode}`);
    const frames = await storedFrames(service, 'jump');
    const film = packetsOf(media('av.mp4')).map(({ hash }) => hash);
    assert.deepEqual([before, after], [where === 'middle' ? 60 : film.length, film.length]);
    assert.deepEqual(
      frames.map(({ hash }) => hash),
      [...film.slice(0, before), ...film],
    );
    assertForward(frames);
    assert.equal(await decodedFrames(fragmentFiles(service, 'jump')), frames.length);
  });
}
