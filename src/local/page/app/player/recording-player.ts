import type Hls from 'hls.js';
import type { ErrorData, Fragment } from 'hls.js';
import type { RecordingReport } from '../../../live/page-reports.ts';
import type { PlayerEvents } from './live-player.ts';
import { loadHls } from './load-hls.ts';
import { refusalOf, sentenceIn } from './media-events.ts';

/** Seeks up to this much before the first fragment that is there go to it. */
const NEAR_MS = 1_000;
/** A player that stands at the end of its window for so long looks for another one. */
const STALLED_MS = 4_000;

/** Plays what is stored of a stream as HLS, by windows, from a time on and while it grows. */
export class RecordingPlayer {
  readonly kind = 'recording';
  readonly #video: HTMLVideoElement;
  readonly #events: PlayerEvents;
  readonly #stream: string;
  /** The session that plays; a new one for each window. */
  #session: { readonly hls: Hls; readonly nextMs: number | undefined } | undefined;
  /** Counts the sessions that were asked for: an answer to an earlier one comes too late. */
  #asked = 0;
  #isClosed = false;
  #isPaused = false;
  /** Where playback was when it last began anew after an error, epoch ms. */
  #resumedMs = Number.NEGATIVE_INFINITY;
  #movedAt = performance.now();

  constructor(video: HTMLVideoElement, events: PlayerEvents, stream: string) {
    this.#video = video;
    this.#events = events;
    this.#stream = stream;
    video.addEventListener('ended', this.#onEnded);
    video.addEventListener('timeupdate', this.#onMoved);
    video.addEventListener('loadeddata', this.#onPicture);
  }

  /** Time of the picture on the screen, epoch ms; undefined before there is one. */
  get positionMs(): number | undefined {
    if (this.#video.readyState < 1) return undefined;
    return this.#session?.hls.playingDate?.getTime();
  }

  set isPaused(isPaused: boolean) {
    this.#isPaused = isPaused;
    if (isPaused) this.#video.pause();
    else this.#video.play().catch(() => {});
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** Plays from a time, epoch ms; undefined for the beginning. */
  seek(atMs: number | undefined): void {
    const place = atMs === undefined ? undefined : this.#placeOf(atMs);
    if (place === undefined) {
      this.#open(atMs).catch((error: unknown) => this.#events.notice(String(error)));
      return;
    }
    this.#video.currentTime = place;
    if (!this.#isPaused) this.#video.play().catch(() => {});
  }

  /**
   * Called every second: a window that has grown as far as it may, or whose stream began anew with
   * other tracks, is left for the next one. `newestMs` is the end of what is stored, epoch ms.
   */
  check(newestMs: number | undefined): void {
    const { positionMs } = this;
    const isStalled = !this.#isPaused && performance.now() - this.#movedAt > STALLED_MS;
    if (!isStalled || positionMs === undefined || newestMs === undefined) return;
    if (newestMs - positionMs < 2 * STALLED_MS) return;
    this.#movedAt = performance.now();
    this.seekAnew(positionMs);
  }

  /** Plays from a time in a window of its own. */
  seekAnew(atMs: number): void {
    this.#open(atMs).catch((error: unknown) => this.#events.notice(String(error)));
  }

  close(): void {
    this.#isClosed = true;
    this.#session?.hls.destroy();
    const video = this.#video;
    video.removeEventListener('ended', this.#onEnded);
    video.removeEventListener('timeupdate', this.#onMoved);
    video.removeEventListener('loadeddata', this.#onPicture);
    video.removeAttribute('src');
    video.load();
  }

  readonly #onEnded = (): void => {
    const nextMs = this.#session?.nextMs;
    if (nextMs !== undefined) this.seekAnew(nextMs);
  };

  readonly #onMoved = (): void => {
    this.#movedAt = performance.now();
  };

  readonly #onPicture = (): void => this.#events.notice('');

  async #open(atMs: number | undefined): Promise<void> {
    this.#asked += 1;
    const asked = this.#asked;
    this.#events.notice('Opening the recording…');
    const from = atMs === undefined ? '' : `&from=${Math.floor(atMs)}`;
    const answer = await fetch(`/api/recording?stream=${encodeURIComponent(this.#stream)}${from}`);
    const isLate = (): boolean => this.#isClosed || asked !== this.#asked;
    if (!answer.ok) {
      const refusal = await refusalOf(answer);
      if (!isLate()) this.#events.notice(refusal);
      return;
    }
    const { url, fromMs, nextMs } = (await answer.json()) as RecordingReport;
    const Player = await loadHls();
    if (isLate()) return;
    if (!Player?.isSupported()) {
      this.#events.notice('This browser has no Media Source Extensions, which hls.js plays with.');
      return;
    }
    this.#session?.hls.destroy();
    // The first fragment may begin before the time that was asked for.
    const startPosition = Math.max(0, (atMs ?? fromMs) - fromMs) / 1000;
    const hls = new Player({ enableWorker: false, startPosition, maxBufferLength: 30 });
    this.#session = { hls, nextMs };
    this.#movedAt = performance.now();
    hls.on(Player.Events.ERROR, (_event, data) => {
      if (data.fatal && this.#session?.hls === hls) this.#failed(data);
    });
    hls.loadSource(url);
    hls.attachMedia(this.#video);
    this.#video.playbackRate = 1;
    if (!this.#isPaused) this.#video.play().catch(() => {});
  }

  /** Where a time lies on the player's own timeline, in seconds; undefined when it does not. */
  #placeOf(atMs: number): number | undefined {
    const hls = this.#session?.hls;
    const fragments = hls?.levels?.[0]?.details?.fragments ?? [];
    const fragment = fragments.find((one) => {
      const startMs = startOf(one);
      return startMs !== undefined && atMs < startMs + one.duration * 1000;
    });
    const startMs = fragment === undefined ? undefined : startOf(fragment);
    if (fragment === undefined || startMs === undefined) return undefined;
    const first = fragments[0] === undefined ? undefined : startOf(fragments[0]);
    if (fragment === fragments[0] && atMs < (first ?? 0) - NEAR_MS) return undefined;
    return fragment.start + Math.max(0, atMs - startMs) / 1000;
  }

  /**
   * A track that joined needs buffers that the player made without it. A new session knows of the
   * track from its beginning, and goes on where this one stood.
   */
  #failed({ type, details, networkDetails, reason }: ErrorData): void {
    const atMs = this.positionMs;
    if (type === 'mediaError' && atMs !== undefined && atMs > this.#resumedMs) {
      this.#resumedMs = atMs;
      this.seekAnew(atMs);
      return;
    }
    const body = (networkDetails as { responseText?: unknown } | undefined)?.responseText;
    const sentence = typeof body === 'string' ? sentenceIn(body) : undefined;
    const codecs = /\["(.*)"\]/.exec(reason ?? '')?.[1]?.replaceAll('"', '') ?? 'its codecs';
    const words = WORDS[details] ?? reason ?? details;
    const why = sentence ?? words.replace('%s', codecs);
    this.#events.notice(`The recording cannot be played.\n${why}`);
  }
}

/** What hls.js calls an error, in words, where the service has none. */
const WORDS: Readonly<Record<string, string>> = {
  manifestLoadError: 'The service does not answer.',
  manifestLoadTimeOut: 'The service does not answer.',
  levelLoadError: 'The service does not answer.',
  fragLoadError: 'The service does not answer.',
  manifestIncompatibleCodecsError: 'This browser cannot play %s.',
  bufferAddCodecError: 'This browser cannot play %s.',
  bufferAppendError: 'This browser cannot decode it.',
};

function startOf({ programDateTime }: Fragment): number | undefined {
  return programDateTime ?? undefined;
}
