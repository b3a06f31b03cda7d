import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { LocalService } from '../../src/local/options.ts';
import { startService } from '../local/support/service.ts';
import { runPython } from './support/python.ts';
import { storedFrames } from './support/stored.ts';

/** Running time in ns of one buffer as it came into the element. */
type Times = [ptsNs: number | null, dtsNs: number | null];

/** What the program says of one way of stamping. */
type Sent = {
  /** Wall clock just before the first buffer. */
  readonly startMs: number;
  /** file-start-time as the element had it. */
  readonly fileStartS: number;
  readonly tracks: Readonly<Record<string, readonly Times[]>>;
};

type Mode = {
  readonly name: string;
  /** Epoch time in ms that is added to running time; undefined: when the first frame came. */
  readonly startMs: (sent: Sent) => number | undefined;
  readonly timeNs: (times: Times) => number | null;
};

function byPts([pts, dts]: Times): number | null {
  return pts ?? dts;
}
/** use-original-pts takes the DTS, and where there is none, as of most audio, the PTS. */
function byDts([pts, dts]: Times): number | null {
  return dts ?? pts;
}

const MODES: readonly Mode[] = [
  { name: 'realtime', startMs: () => undefined, timeNs: byPts },
  { name: 'near-realtime', startMs: () => undefined, timeNs: byPts },
  { name: 'realtime-original', startMs: () => 0, timeNs: byDts },
  { name: 'offline', startMs: ({ fileStartS }) => fileStartS * 1000, timeNs: byPts },
  { name: 'offline-start', startMs: () => 1_600_000_000_000, timeNs: byPts },
  { name: 'offline-media', startMs: () => 0, timeNs: byPts },
  { name: 'offline-original', startMs: () => 0, timeNs: byDts },
];

function video(encoder: string): string {
  return `video:videotestsrc num-buffers=60 ! video/x-raw,width=160,height=120,framerate=30/1 ! ${encoder}`;
}
function audio(encoder: string, rate: number): string {
  return `audio:audiotestsrc num-buffers=40 samplesperbuffer=1024 ! audio/x-raw,rate=${rate},channels=1 ! ${encoder}`;
}

const SOURCES: Readonly<Record<string, readonly string[]>> = {
  'H.264 with B-frames': [
    video('x264enc key-int-max=30 speed-preset=ultrafast bframes=2 ! h264parse'),
  ],
  'H.264 in byte-stream': [
    video('x264enc key-int-max=30 ! video/x-h264,stream-format=byte-stream'),
  ],
  'H.265': [
    video('x265enc key-int-max=30 speed-preset=ultrafast option-string=open-gop=0 ! h265parse'),
  ],
  'M-JPEG': [video('jpegenc')],
  AAC: [audio('audioconvert ! avenc_aac ! aacparse', 48_000)],
  'A-law': [audio('alawenc', 8_000)],
  'mu-law': [audio('mulawenc', 8_000)],
  Opus: [audio('opusenc ! opusparse', 48_000)],
  'H.264 and AAC': [
    video('x264enc key-int-max=30 ! h264parse'),
    audio('audioconvert ! avenc_aac ! aacparse', 48_000),
  ],
};

async function send(t: TestContext, service: LocalService, encoders: readonly string[]) {
  return runPython<Record<string, Sent>>(t, service, 'timestamps.py', ...encoders);
}

/** By how many ms each stored frame's time is later than its buffer's; all of them are there. */
async function offsets(service: LocalService, { name, timeNs }: Mode, sent: Sent) {
  const stored = await storedFrames(service, name);
  const found: number[] = [];
  for (const [track, times] of Object.entries(sent.tracks)) {
    const frames = stored.filter((frame) => frame.track === Number(track));
    assert.equal(frames.length, times.length, `${name}, track ${track}`);
    for (const [index, { timeMs }] of frames.entries()) {
      found.push(timeMs - (timeNs(times[index] ?? [null, null]) ?? 0) / 1e6);
    }
  }
  return found;
}

for (const [source, encoders] of Object.entries(SOURCES)) {
  test(`${source}: in each mode the service has the source's times plus the start`, async (t) => {
    const service = await startService(t);
    const report = await send(t, service, encoders);
    for (const mode of MODES) {
      const sent = report[mode.name];
      assert.ok(sent, mode.name);
      const offsetsMs = await offsets(service, mode, sent);
      const least = Math.min(...offsetsMs);
      const most = Math.max(...offsetsMs);
      // The service has whole milliseconds: of a start that only kvssink knows, what all frames
      // agree on is known (an audio frame may stand 1 ms behind a video frame of its timecode).
      const startMs = mode.startMs(sent) ?? (least + most) / 2;
      assert.ok(least >= startMs - 1.001 && most <= startMs + 1.001, `${mode.name}: ${offsetsMs}`);
      if (mode.startMs(sent) === undefined) {
        // The machine's clock may be slewed between the host's start and the first frame.
        const isAtStart = startMs > sent.startMs - 20 && startMs < Date.now();
        assert.ok(isAtStart, `${mode.name}: ${startMs}, the first buffer at ${sent.startMs}`);
      }
    }
  });
}
