/**
 * How far behind the newest frame the picture may be before it hurries, and before it jumps; on
 * top of how much arrives at a time.
 */
const HURRY_SECONDS = 0.4;
const JUMP_SECONDS = 2;
/** Where the picture is put: a little before the newest frame, so that it does not stall. */
const MARGIN_SECONDS = 0.12;
/** Seen frames that are kept. */
const KEEP_SECONDS = 20;
const RETRY_MS = 700;

const Source = window.ManagedMediaSource ?? window.MediaSource;

/**
 * Plays /live/<stream>.mp4, which never ends, with Media Source Extensions, close to the newest
 * frame. Comes back by itself when the stream's format changes or the connection is lost.
 */
export class LivePlayer {
  #video;
  #say;
  #stop = new AbortController();
  /** End of what was received, and by how much it lately grew at a time: a frame, or a whole group. */
  #newest = 0;
  #step = 0;

  /**
   * @param {HTMLVideoElement} video
   * @param {(notice: string) => void} say Shows a notice in place of the picture; '' for none.
   */
  constructor(video, say) {
    this.#video = video;
    this.#say = say;
  }

  /** @param {string} stream */
  async play(stream) {
    const { signal } = this.#stop;
    if (Source === undefined) {
      this.#say('This browser has no Media Source Extensions.\nThe recording may still play.');
      return;
    }
    while (!signal.aborted) {
      this.#say('Waiting for the next key frame…');
      try {
        await this.#playOnce(`/live/${encodeURIComponent(stream)}.mp4`, signal);
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof Unplayable) {
          this.#say(error.message);
          return;
        }
      }
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }

  /** Seconds between the picture and the newest frame that was received. */
  get behindSeconds() {
    const { buffered, currentTime } = this.#video;
    return buffered.length === 0 ? 0 : Math.max(0, buffered.end(buffered.length - 1) - currentTime);
  }

  close() {
    this.#stop.abort();
    this.#video.removeAttribute('src');
    this.#video.load();
  }

  async #playOnce(url, signal) {
    const response = await fetch(url, { signal });
    if (!response.ok) {
      const { message } = await response.json();
      throw new Unplayable(message);
    }
    const type = response.headers.get('content-type') ?? '';
    if (!Source.isTypeSupported(type)) {
      const codecs = /codecs="([^"]*)"/.exec(type)?.[1] ?? type;
      throw new Unplayable(
        `This browser cannot play ${codecs}.\nThe stream is received and stored all the same.`,
      );
    }
    this.#newest = Number.POSITIVE_INFINITY;
    this.#step = 0;
    const media = new Source();
    this.#video.disableRemotePlayback = true;
    this.#video.src = URL.createObjectURL(media);
    try {
      await event(media, 'sourceopen', signal);
      const buffer = media.addSourceBuffer(type);
      const reader = response.body.getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        buffer.appendBuffer(value);
        await event(buffer, 'updateend', signal);
        await this.#keepUp(buffer, signal);
      }
    } finally {
      URL.revokeObjectURL(this.#video.src);
    }
  }

  async #keepUp(buffer, signal) {
    const video = this.#video;
    const { buffered } = video;
    if (buffered.length === 0) return;
    const newest = buffered.end(buffered.length - 1);
    const behind = newest - video.currentTime;
    this.#step = Math.max(Math.min(10, newest - this.#newest), this.#step * 0.98);
    this.#newest = newest;
    const isOutside = video.currentTime < buffered.start(buffered.length - 1);
    if (isOutside || behind > JUMP_SECONDS + this.#step) {
      video.currentTime = Math.max(buffered.start(buffered.length - 1), newest - MARGIN_SECONDS);
    }
    video.playbackRate = behind > HURRY_SECONDS + this.#step ? 1.08 : 1;
    if (video.paused) {
      // Refused only until the first click, where a browser does not let muted video start.
      video.play().catch(() => {});
    }
    if (video.readyState >= 2) this.#say('');
    const oldest = buffer.buffered.length > 0 ? buffer.buffered.start(0) : 0;
    if (video.currentTime - oldest > 2 * KEEP_SECONDS) {
      buffer.remove(oldest, video.currentTime - KEEP_SECONDS);
      await event(buffer, 'updateend', signal);
    }
  }
}

/** The stream is there but cannot be shown; trying again would not help. */
class Unplayable extends Error {}

/** Resolves at the event; rejects when aborted, or at the target's error event. */
function event(target, name, signal) {
  return new Promise((resolve, reject) => {
    const over = new AbortController();
    const end = (how) => (value) => {
      over.abort();
      how(value);
    };
    const options = { once: true, signal: over.signal };
    target.addEventListener(name, end(resolve), options);
    target.addEventListener('error', end(reject), options);
    signal.addEventListener('abort', end(reject), options);
  });
}
