import { nextEvent, refusalOf, Unplayable } from './media-events.ts';

/**
 * Decodes key frames one after the other, with one hidden video: however many pictures a page has,
 * it needs one decoder for them, and one connection.
 */
export class Stills {
  #queue: Promise<unknown> = Promise.resolve();
  readonly #video = document.createElement('video');

  constructor() {
    this.#video.muted = true;
    this.#video.preload = 'auto';
  }

  /**
   * Draws the key frame of a time onto a canvas; the newest one for undefined.
   * @throws Unplayable with the reason when there is none that the browser can decode.
   */
  draw(
    canvas: HTMLCanvasElement,
    stream: string,
    atMs: number | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    const drawn = this.#queue.then(() => this.#drawNow(canvas, stream, atMs, signal));
    this.#queue = drawn.catch(() => {});
    return drawn;
  }

  async #drawNow(
    canvas: HTMLCanvasElement,
    stream: string,
    atMs: number | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    signal.throwIfAborted();
    const at = atMs === undefined ? '' : `&at=${Math.floor(atMs)}`;
    const url = `/api/key-frame.mp4?stream=${encodeURIComponent(stream)}${at}`;
    const answer = await fetch(url, { signal });
    if (!answer.ok) throw new Unplayable(await refusalOf(answer));
    const file = URL.createObjectURL(await answer.blob());
    const video = this.#video;
    try {
      video.src = file;
      const shown = new Promise((resolve) => {
        // Firefox has it from 132 on.
        if ('requestVideoFrameCallback' in video) video.requestVideoFrameCallback(resolve);
      });
      await nextEvent(video, 'loadeddata', signal).catch((error: unknown) => {
        if (video.error) throw new Unplayable('This browser cannot decode it');
        throw error;
      });
      // What is drawn before a frame was shown is transparent; `loadeddata` may come before it.
      await Promise.race([shown, new Promise((resolve) => setTimeout(resolve, FRAME_WITHIN_MS))]);
      const { videoWidth, videoHeight } = video;
      const scale = Math.min(1, MAX_WIDTH / Math.max(1, videoWidth));
      canvas.width = Math.max(1, Math.round(videoWidth * scale));
      canvas.height = Math.max(1, Math.round(videoHeight * scale));
      canvas.getContext('2d')?.drawImage(video, 0, 0, canvas.width, canvas.height);
    } finally {
      URL.revokeObjectURL(file);
      video.removeAttribute('src');
      video.load();
    }
  }
}

/** A page in the background is shown no frames; it does not wait longer. */
const FRAME_WITHIN_MS = 1000;
/** Pixels; twice what a card has on a screen, for those with fine ones. */
const MAX_WIDTH = 640;
