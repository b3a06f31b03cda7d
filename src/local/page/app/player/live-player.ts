import { LatencyControl } from './latency-control.ts';
import { nextEvent, refusalOf, Unplayable } from './media-events.ts';

/** Where the picture is put: a little before the newest frame, so that it does not stall. */
const MARGIN_S = 0.12;
/** Seen frames that are kept. */
const KEEP_S = 20;
const RETRY_MS = 700;

/** What was buffered at a time, in seconds of the media. */
type Buffered = { readonly endS: number; readonly behindS: number };

/** What a player tells of itself. */
export type PlayerEvents = {
  /** In place of the picture; '' for none. */
  notice(text: string): void;
};

/**
 * Plays /live/<stream>.mp4, which never ends, with Media Source Extensions, close to the newest
 * frame. Comes back by itself when the stream's format changes or the connection is lost.
 */
export class LivePlayer {
  readonly kind = 'live';
  readonly #video: HTMLVideoElement;
  readonly #events: PlayerEvents;
  readonly #stop = new AbortController();
  readonly #control = new LatencyControl();
  #isPaused = false;
  #hasPlayed = false;

  constructor(video: HTMLVideoElement, events: PlayerEvents) {
    this.#video = video;
    this.#events = events;
    const { signal } = this.#stop;
    video.addEventListener('loadeddata', () => events.notice(''), { signal });
    video.addEventListener('waiting', () => this.#onWaiting(), { signal });
    video.addEventListener('playing', () => this.#onPlaying(), { signal });
  }

  /** Plays until `close`; never rejects. */
  async play(stream: string): Promise<void> {
    const { signal } = this.#stop;
    if (mediaSource() === undefined) {
      this.#events.notice('This browser has no Media Source Extensions.\nThe recording may play.');
      return;
    }
    while (!signal.aborted) {
      this.#events.notice('Waiting for the next key frame…');
      try {
        await this.#playOnce(`/live/${encodeURIComponent(stream)}.mp4`, signal);
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof Unplayable) {
          this.#events.notice(error.message);
          return;
        }
      }
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }

  /** Seconds between the picture and the newest frame that was received; undefined for none. */
  get behindSeconds(): number | undefined {
    const { buffered, currentTime, readyState } = this.#video;
    if (buffered.length === 0 || readyState < 2) return undefined;
    return Math.max(0, buffered.end(buffered.length - 1) - currentTime);
  }

  /** The picture stands still, and goes on with the newest frame later. */
  set isPaused(isPaused: boolean) {
    this.#isPaused = isPaused;
    if (isPaused) this.#video.pause();
    else this.#jump();
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  close(): void {
    this.#stop.abort();
    this.#video.playbackRate = 1;
    this.#video.removeAttribute('src');
    this.#video.load();
  }

  async #playOnce(url: string, signal: AbortSignal): Promise<void> {
    const response = await fetch(url, { signal });
    if (!response.ok) throw new Unplayable(await refusalOf(response));
    const type = response.headers.get('content-type') ?? '';
    const Source = mediaSource();
    if (Source === undefined || !Source.isTypeSupported(type)) {
      const codecs = /codecs="([^"]*)"/.exec(type)?.[1] ?? type;
      throw new Unplayable(
        `This browser cannot play ${codecs}.\nThe stream is received and stored all the same.`,
      );
    }
    this.#control.reset();
    this.#hasPlayed = false;
    const media = new Source();
    const video = this.#video;
    video.disableRemotePlayback = true;
    video.preservesPitch = true;
    video.src = URL.createObjectURL(media);
    try {
      await nextEvent(media, 'sourceopen', signal);
      const buffer = media.addSourceBuffer(type);
      const reader = response.body?.getReader();
      for (;;) {
        const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
        if (done || value === undefined) return;
        const { currentTime } = video;
        const endS = this.#newestS;
        buffer.appendBuffer(value);
        await nextEvent(buffer, 'updateend', signal);
        await this.#keepUp(buffer, { endS, behindS: endS - currentTime }, signal);
      }
    } finally {
      URL.revokeObjectURL(video.src);
    }
  }

  /** Where what is buffered ends: for all tracks, not for each alone. 0 for nothing. */
  get #newestS(): number {
    const { buffered } = this.#video;
    return buffered.length === 0 ? 0 : buffered.end(buffered.length - 1);
  }

  /** @param before what the buffer had before the media that just arrived. */
  async #keepUp(buffer: SourceBuffer, before: Buffered, signal: AbortSignal): Promise<void> {
    const video = this.#video;
    const { buffered } = video;
    if (buffered.length === 0) return;
    const newest = this.#newestS;
    if (!this.#isPaused) {
      if (video.currentTime < buffered.start(buffered.length - 1)) this.#jump();
      if (newest > before.endS) this.#correct(before.behindS);
      // Refused only until the first click, where a browser does not let muted video start.
      if (video.paused) video.play().catch(() => {});
    }
    const oldest = buffer.buffered.length > 0 ? buffer.buffered.start(0) : 0;
    const keepFrom = (this.#isPaused ? newest : video.currentTime) - KEEP_S;
    if (keepFrom - oldest > KEEP_S) {
      buffer.remove(oldest, keepFrom);
      await nextEvent(buffer, 'updateend', signal);
    }
  }

  #onWaiting(): void {
    if (this.#hasPlayed && !this.#video.seeking) this.#control.stalled(nowS());
    else this.#control.waits();
  }

  #onPlaying(): void {
    this.#hasPlayed = true;
    this.#control.resumed(nowS());
  }

  #correct(behindS: number): void {
    const { rate, jump } = this.#control.next(nowS(), behindS);
    if (jump) this.#jump();
    if (this.#video.playbackRate !== rate) this.#video.playbackRate = rate;
  }

  /** To the newest frames. */
  #jump(): void {
    const video = this.#video;
    const { buffered } = video;
    this.#control.reset();
    if (buffered.length > 0) {
      const last = buffered.length - 1;
      video.currentTime = Math.max(
        buffered.start(last),
        buffered.end(last) - MARGIN_S - this.#control.reserveS(nowS()),
      );
    }
    video.play().catch(() => {});
  }
}

function nowS(): number {
  return performance.now() / 1000;
}

type MediaSourceClass = typeof MediaSource;

/** Safari on phones has the managed one alone. */
function mediaSource(): MediaSourceClass | undefined {
  const known = window as { ManagedMediaSource?: MediaSourceClass; MediaSource?: MediaSourceClass };
  return known.ManagedMediaSource ?? known.MediaSource;
}
