import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { after } from 'node:test';
import type { LocalService } from '../../../src/local/options.ts';
import { fragmentFiles } from '../../e2e/support/stored.ts';
import { startChromium } from '../../local/support/chromium.ts';
import { call } from '../../local/support/client.ts';
import { decodedFrames } from './decode.ts';

/** Who plays a stream: what Chromium has no decoder for is ffmpeg's, from the same playlist. */
export type Player = 'chromium' | 'ffmpeg' | 'none';

/** Asserts that a stream's playlist has all of its fragments, and plays to its end. */
export async function assertPlays(
  service: LocalService,
  stream: string,
  player: Player,
): Promise<void> {
  if (player === 'none') return;
  const url = await playlistOf(service, stream);
  const master = await text(url);
  const media = await text(
    new URL(master.split('\n').find((line) => /^[^#]/.test(line)) ?? '', url),
  );
  const listed = media.split('\n').filter((line) => line.startsWith('#EXTINF')).length;
  assert.equal(listed, fragmentFiles(service, stream).length, media);
  if (player === 'ffmpeg') {
    const { lines, stderr } = await decodedFrames(url);
    assert.equal(stderr, '', url);
    assert.ok(lines.length > 0);
  } else {
    await playInChromium(url);
  }
}

/** Asserts that ffmpeg, reading all fragments one after the other, shows every frame of a video. */
export async function assertDecodesTogether(
  service: LocalService,
  stream: string,
  frames: number,
): Promise<void> {
  const { lines, stderr } = await decodedFrames(await playlistOf(service, stream));
  assert.equal(stderr, '');
  assert.equal(lines.length, frames);
}

async function playlistOf(service: LocalService, stream: string): Promise<string> {
  const fragments = service.streams.byName(stream)?.fragments.list() ?? [];
  const starts = fragments.map(({ producerTimestampMs }) => producerTimestampMs);
  const { body, errorType } = await call(service.url, '/getHLSStreamingSessionURL', {
    StreamName: stream,
    PlaybackMode: 'ON_DEMAND',
    HLSFragmentSelector: {
      FragmentSelectorType: 'PRODUCER_TIMESTAMP',
      TimestampRange: {
        StartTimestamp: Math.min(...starts) / 1000,
        EndTimestamp: Math.max(...starts) / 1000 + 1,
      },
    },
    DiscontinuityMode: 'ON_DISCONTINUITY',
    MaxMediaPlaylistFragmentResults: 5000,
  });
  assert.equal(errorType, undefined, JSON.stringify(body));
  return String(body['HLSStreamingSessionURL']);
}

async function text(url: string | URL): Promise<string> {
  return (await fetch(url)).text();
}

type Chromium = Awaited<ReturnType<typeof startChromium>>;
/** One for all tests of a file. */
let chromium: Promise<Chromium> | undefined;
after(async () => (await chromium)?.close());

/** Plays muted and as fast as Chromium can; what it says when the video has ended or cannot go on. */
const PLAY = `(url) => new Promise((resolve) => {
  const video = document.createElement('video');
  const hls = new Hls({ enableWorker: false, maxBufferLength: 600 });
  const said = [];
  const finish = (end) => {
    const { currentTime, duration, error } = video;
    hls.destroy();
    resolve({ end, said, currentTime, duration, error: error?.message ?? null });
  };
  hls.on(Hls.Events.ERROR, (_, { fatal, details, error }) => {
    said.push(details + ': ' + error?.message);
    if (fatal) finish('fatal');
  });
  setTimeout(() => finish('stalled'), 60_000);
  // Where sound or picture is a frame shorter than the other, Chromium stands still just before the end.
  let last = -1;
  setInterval(() => {
    const isAtEnd = video.duration - video.currentTime < 0.05;
    if (isAtEnd && video.currentTime === last) finish('ended');
    last = video.currentTime;
  }, 3_000);
  video.addEventListener('ended', () => finish('ended'));
  video.addEventListener('error', () => finish('error'));
  video.muted = true;
  document.body.append(video);
  hls.attachMedia(video);
  hls.loadSource(url);
  video.play();
  // Not before all is loaded: at this speed the loader would not keep ahead of the player.
  hls.on(Hls.Events.BUFFER_EOS, () => {
    video.playbackRate = 16;
  });
})`;

type Played = {
  readonly end: string;
  readonly said: readonly string[];
  readonly currentTime: number;
  readonly duration: number;
  readonly error: string | null;
};

async function playInChromium(url: string): Promise<void> {
  chromium ??= startChromium();
  const page = await (await chromium).browser.newPage();
  try {
    await page.addScriptTag({ path: createRequire(import.meta.url).resolve('hls.js') });
    const played = await page.evaluate<Played>(`(${PLAY})(${JSON.stringify(url)})`);
    const report = JSON.stringify(played);
    assert.equal(played.error, null, report);
    assert.equal(played.end, 'ended', report);
    assert.ok(Math.abs(played.currentTime - played.duration) < 0.1, report);
  } finally {
    await page.close();
  }
}
