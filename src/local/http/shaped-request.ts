import { IncomingMessage } from 'node:http';

/** A request whose body can be held back beside what its reader does. */
export class ShapedRequest extends IncomingMessage {
  #holds = 0;
  /** What the reader asked for last. */
  #isPaused = false;

  /** Stops reading until the function that it returns was called; holds add up. */
  hold(): () => void {
    this.#holds += 1;
    super.pause();
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.#holds -= 1;
      // Nobody has begun to read: whoever does begins by himself.
      if (this.listenerCount('data') === 0) return;
      if (this.#holds === 0 && !this.#isPaused) super.resume();
    };
  }

  override pause(): this {
    this.#isPaused = true;
    return super.pause();
  }

  override resume(): this {
    this.#isPaused = false;
    return this.#holds > 0 ? this : super.resume();
  }
}
