import type { FragmentRecord } from '../../fragments/fragment-record.ts';
import type { FragmentWindow } from '../../fragments/stream-fragments.ts';
import { startOf } from '../../fragments/timestamp-origin.ts';
import type { LocalStream } from '../../streams/local-stream.ts';
import { isPlayableAudio, isVideo } from '../fmp4/codec.ts';
import { durationMs, isContinuous, type PlaybackEntry } from './playback-entry.ts';
import type { PlaybackSettings } from './playback-settings.ts';

/** Entries that are remembered after they left. */
const MAX_GONE = 100;

/** One streaming session: what its player has been told so far. */
export class PlaybackSession {
  readonly token: string;
  readonly stream: LocalStream;
  readonly settings: PlaybackSettings;
  /** Epoch ms of its opening. */
  readonly openedMs: number;
  #openedEndMs = 0;
  #entries: PlaybackEntry[] = [];
  /** Entries that have left a playlist that moves: players ask for them a moment longer. */
  readonly #gone: PlaybackEntry[] = [];
  #baseMs: number | undefined;
  #lastNumber: string | undefined;
  #sequence = 0;
  /** Kinds of tracks that any fragment had: players keep to the buffers they began with. */
  #hasVideo = false;
  #hasAudio = false;
  #discontinuitiesGone = 0;
  #refreshing: Promise<void> = Promise.resolve();
  #isOpening = true;
  #isOver = false;
  /** Epoch ms at which the newest entry of a paced session was due. */
  #dueMs: number;
  #longestMs = 1;

  constructor(token: string, stream: LocalStream, settings: PlaybackSettings, nowMs: number) {
    this.token = token;
    this.stream = stream;
    this.settings = settings;
    this.openedMs = nowMs;
    this.#dueMs = nowMs;
  }

  /** Takes in what there is at first. */
  async open(): Promise<void> {
    if (this.settings.mode === 'LIVE') await this.#begin();
    await this.refresh(this.openedMs);
    this.#isOpening = false;
    const last = this.#entries.at(-1);
    this.#openedEndMs = last === undefined ? 0 : last.mediaMs + last.durationMs;
  }

  /** Where the media that it began with ends on its time line. */
  get openedEndMs(): number {
    return this.#openedEndMs;
  }

  /** What the playlist shows now, oldest first. */
  get entries(): readonly PlaybackEntry[] {
    return this.#entries;
  }

  /** The entry that is wanted, if it is one of the session's or has been lately. */
  find(isWanted: (entry: PlaybackEntry) => boolean): PlaybackEntry | undefined {
    return this.#entries.find(isWanted) ?? this.#gone.find(isWanted);
  }

  /** Epoch ms of 0 on the session's time line; undefined without a fragment. */
  get baseMs(): number | undefined {
    return this.#baseMs;
  }

  get hasVideo(): boolean {
    return this.#hasVideo;
  }

  get hasAudio(): boolean {
    return this.#hasAudio;
  }

  /** Discontinuities of entries that left the playlist. */
  get discontinuitiesGone(): number {
    return this.#discontinuitiesGone;
  }

  /** Whether no further fragment will come. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Of all entries that were ever shown. */
  get longestMs(): number {
    return this.#longestMs;
  }

  /** Takes in fragments that came since, and lets old ones leave a playlist that moves. */
  refresh(nowMs: number): Promise<void> {
    const refresh = (): Promise<void> => this.#refresh(nowMs);
    this.#refreshing = this.#refreshing.then(refresh, refresh);
    return this.#refreshing;
  }

  async #refresh(nowMs: number): Promise<void> {
    const { mode, maxFragments } = this.settings;
    if (this.#isOver) return;
    const isBounded = mode === 'ON_DEMAND' || mode === 'GROWING';
    let isHeldBack = false;
    for await (const record of this.stream.fragments.select(this.#window())) {
      const isFull = isBounded && this.#entries.length >= maxFragments;
      isHeldBack = isFull || (mode === 'LIVE_REPLAY' && !this.#isDue(record, nowMs));
      if (isHeldBack) break;
      this.#lastNumber = record.number;
      this.#take(record);
    }
    this.#isOver = mode === 'ON_DEMAND' || (!isHeldBack && this.#hasPassed(nowMs));
    for (const i of this.#entries.keys()) {
      this.#longestMs = Math.max(this.#longestMs, durationMs(this.#entries, i));
    }
    if (isBounded) return;
    for (const gone of this.#entries.splice(0, Math.max(0, this.#entries.length - maxFragments))) {
      if (gone.discontinuity) this.#discontinuitiesGone += 1;
      this.#gone.push(gone);
    }
    this.#gone.splice(0, Math.max(0, this.#gone.length - MAX_GONE));
  }

  #window(): FragmentWindow {
    const { origin, fromMs, untilMs } = this.settings;
    return {
      origin,
      ...(fromMs === undefined ? {} : { fromMs }),
      ...(untilMs === undefined ? {} : { untilMs }),
      ...(this.#lastNumber === undefined ? {} : { after: this.#lastNumber }),
    };
  }

  /** A live session begins with the newest fragments alone. */
  async #begin(): Promise<void> {
    const before = await this.stream.fragments.fromEnd(this.settings.maxFragments);
    this.#lastNumber = before?.number;
  }

  /**
   * A replayed session begins with as many fragments as its playlist holds; each further one is
   * added once its duration has elapsed (PlaybackMode).
   */
  #isDue(record: FragmentRecord, nowMs: number): boolean {
    if (this.#entries.length < this.settings.maxFragments || !this.#isInRange(record)) return true;
    const dueMs = this.#dueMs + record.durationMs;
    if (dueMs > nowMs) return false;
    this.#dueMs = dueMs;
    return true;
  }

  /**
   * Whether the range has passed, and the time of the last fragment that was added with it: players
   * that hear of the end together with a fragment leave that out (dash.js 5).
   */
  #hasPassed(nowMs: number): boolean {
    const { untilMs } = this.settings;
    if (untilMs === undefined || nowMs <= untilMs) return false;
    const wasAllAtOnce = this.#dueMs === this.openedMs;
    return wasAllAtOnce || nowMs >= this.#dueMs + (this.#entries.at(-1)?.durationMs ?? 0);
  }

  /** Only fragments that start in it belong to a range of the API; the page's has what reaches in. */
  #isInRange(record: FragmentRecord): boolean {
    const { mode, origin, fromMs } = this.settings;
    return mode === 'GROWING' || fromMs === undefined || startOf(record, origin) >= fromMs;
  }

  #take(record: FragmentRecord): void {
    if (!this.#isInRange(record)) return;
    const { origin, discontinuities } = this.settings;
    const startMs = startOf(record, origin);
    // Fragments that are older than the newest one are not added (PlaybackMode). Two may arrive in
    // one millisecond; two of one producer's time are copies, of which the newer one is shown.
    if (origin === 'PRODUCER_TIMESTAMP' && startMs === this.#entries.at(-1)?.startMs) {
      if (!this.#isOpening) return;
      this.#entries.pop();
      this.#sequence -= 1;
    }
    const last = this.#entries.at(-1);
    if (last !== undefined && startMs < last.startMs) return;
    const hasVideo = record.tracks.some(({ codecId }) => isVideo(codecId));
    // Without its pictures, a fragment cannot follow one with pictures in a player's buffer.
    if (this.#hasVideo && !hasVideo) return;
    this.#hasVideo ||= hasVideo;
    this.#hasAudio ||= record.tracks.some((track) =>
      isPlayableAudio(track.codecId, this.settings.protocol),
    );
    const isNewFormat = last !== undefined && last.formatId !== record.formatId;
    const isGap = last !== undefined && !isContinuous(last, startMs);
    const wanted =
      discontinuities === 'ALWAYS' || (discontinuities === 'ON_DISCONTINUITY' && isGap);
    this.#baseMs ??= startMs;
    this.#sequence += 1;
    const mediaMs = this.#mediaMs(startMs, last);
    this.#entries.push({
      number: record.number,
      sequence: this.#sequence,
      startMs,
      mediaMs,
      durationMs: Math.max(1, record.durationMs),
      bytes: record.bytes,
      formatId: record.formatId,
      formatSince:
        last === undefined || isNewFormat
          ? { number: record.number, sequence: this.#sequence, mediaMs }
          : last.formatSince,
      discontinuity: last !== undefined && (isNewFormat || wanted),
      isNewFormat,
      isInterleaved: record.tracks.length > 1,
    });
  }

  /**
   * By producer timestamps, media lies where they say. By server timestamps an upload at full speed
   * would lie upon itself: there each fragment begins where the one before ends, if not later. DASH
   * has no discontinuities: what overlaps is put apart, and gaps are closed, except in a session
   * that goes on, whose time line is the clock's.
   */
  #mediaMs(startMs: number, last: PlaybackEntry | undefined): number {
    const { origin, protocol, mode } = this.settings;
    const ownMs = startMs - (this.#baseMs ?? startMs);
    if (last === undefined) return ownMs;
    const endMs = last.mediaMs + last.durationMs;
    if (protocol === 'HLS') return origin === 'SERVER_TIMESTAMP' ? Math.max(ownMs, endMs) : ownMs;
    if (isContinuous(last, startMs)) return last.mediaMs + startMs - last.startMs;
    return mode === 'LIVE' ? Math.max(ownMs, endMs) : endMs;
  }
}
