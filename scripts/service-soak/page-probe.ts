import { READ_CLOCK } from './clock-picture.ts';

/** What a page's video did since it was asked last. */
export type Seen = {
  /** On the picture, ms modulo CLOCK_MS; null for a picture without a time. */
  readonly shownMs: number | null;
  /** When it was read, epoch ms. */
  readonly nowMs: number;
  /** That the browser put on the screen. */
  readonly pictures: number;
  /** The longest time in which none came, the one that is going on included. */
  readonly stillMs: number;
  readonly waiting: number;
  readonly seeks: number;
  readonly playbackRate: number;
  /** Buffered beyond the picture. */
  readonly aheadS: number;
  /** What takes the picture's place; '' for none. */
  readonly notice: string;
};

/**
 * Installs what watches the video, with the browser's own report of each picture that it put on the
 * screen: nothing that the page says of itself.
 */
export const INSTALL_PROBE = `(() => {
  const video = document.querySelector('video');
  const readClock = ${READ_CLOCK};
  let [pictures, stillMs, waiting, seeks, lastMs] = [0, 0, 0, 0, performance.now()];
  const still = () => {
    const nowMs = performance.now();
    stillMs = Math.max(stillMs, nowMs - lastMs);
    return nowMs;
  };
  const onPicture = () => {
    lastMs = still();
    pictures += 1;
    video.requestVideoFrameCallback(onPicture);
  };
  video.requestVideoFrameCallback(onPicture);
  video.addEventListener('waiting', () => (waiting += 1));
  video.addEventListener('seeking', () => (seeks += 1));
  window.lookAtVideo = () => {
    still();
    const { playbackRate, currentTime, buffered } = video;
    const aheadS = buffered.length === 0 ? 0 : buffered.end(buffered.length - 1) - currentTime;
    const notice = document.getElementById('notice').textContent;
    const shownMs = readClock(video) ?? null;
    const nowMs = Date.now();
    const seen = { shownMs, nowMs, pictures, stillMs, waiting, seeks, playbackRate, aheadS, notice };
    [pictures, stillMs, waiting, seeks] = [0, 0, 0, 0];
    return seen;
  };
})()`;

/** An expression for what was seen since the last time; see Seen. */
export const LOOK = 'window.lookAtVideo()';
