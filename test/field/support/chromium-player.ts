import { createRequire } from 'node:module';
import { startChromium } from '../../local/support/chromium.ts';

/**
 * Plays muted and as fast as Chromium can; what it says when the video has ended or cannot go on. The
 * video is in no document: every frame is decoded, and none is painted.
 */
const PLAY = `(url) => new Promise((resolve) => {
  const video = document.createElement('video');
  const hls = new Hls({ enableWorker: false, maxBufferLength: 600 });
  const said = [];
  const finish = (end) => {
    clearTimeout(patience);
    clearInterval(watch);
    const { currentTime, duration, error } = video;
    const { totalVideoFrames } = video.getVideoPlaybackQuality();
    hls.destroy();
    resolve({ end, said, currentTime, duration, error: error?.message ?? null, totalVideoFrames });
  };
  hls.on(Hls.Events.ERROR, (_, { fatal, details, error }) => {
    said.push(details + ': ' + error?.message);
    if (fatal) finish('fatal');
  });
  const patience = setTimeout(() => finish('stalled'), 60_000);
  // Where sound or picture is a frame shorter than the other, Chromium stands still just before the end.
  let last = -1;
  const watch = setInterval(() => {
    const isAtEnd = video.duration - video.currentTime < 0.05;
    if (isAtEnd && video.currentTime === last) finish('ended');
    last = video.currentTime;
  }, 1_000);
  video.addEventListener('ended', () => finish('ended'));
  video.addEventListener('error', () => finish('error'));
  video.muted = true;
  hls.attachMedia(video);
  hls.loadSource(url);
  video.play();
  // Not before all is loaded: at this speed the loader would not keep ahead of the player.
  hls.on(Hls.Events.BUFFER_EOS, () => {
    video.playbackRate = 16;
  });
})`;

/** How a video ended. */
export type Played = {
  readonly end: string;
  readonly said: readonly string[];
  readonly currentTime: number;
  readonly duration: number;
  readonly error: string | null;
};

/** Chromium with a page that plays HLS. Several videos may play at a time. */
export type ChromiumPlayer = {
  play(url: string): Promise<Played>;
  close(): Promise<void>;
};

/** One page for all videos: a page has a process of its own, which costs as much as a short video. */
export async function startChromiumPlayer(): Promise<ChromiumPlayer> {
  const { browser, close } = await startChromium();
  const page = await browser.newPage();
  await page.addScriptTag({ path: createRequire(import.meta.url).resolve('hls.js') });
  return {
    play: (url) => page.evaluate<Played>(`(${PLAY})(${JSON.stringify(url)})`),
    close,
  };
}
