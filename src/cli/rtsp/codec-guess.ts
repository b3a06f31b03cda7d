import type { VideoCodec } from './rtsp-options.ts';

/**
 * Which codec to connect with: a camera says what it sends only when it is asked, and the pipeline
 * has to be there by then. So H.264 is tried first, then the other one, and what worked is kept.
 */
export class CodecGuess {
  readonly #given: VideoCodec | undefined;
  #guess: VideoCodec | undefined;
  #isKnown = false;

  constructor(given: VideoCodec | undefined) {
    this.#given = given;
  }

  /** @param worked whether the connection before gave video; ignored the first time. */
  next(worked: boolean): VideoCodec {
    if (this.#given !== undefined) return this.#given;
    if (this.#guess !== undefined && worked) this.#isKnown = true;
    if (!this.#isKnown) this.#guess = this.#guess === 'h264' ? 'h265' : 'h264';
    return this.#guess ?? 'h264';
  }
}
