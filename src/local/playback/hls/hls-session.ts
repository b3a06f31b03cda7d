import type { FragmentRecord } from '../../fragments/fragment-record.ts';
import { startOf, type TimestampOrigin } from '../../fragments/timestamp-origin.ts';
import type { LocalStream } from '../../streams/local-stream.ts';
import { AAC, AVC, HEVC } from '../fmp4/codec.ts';

export type HlsSettings = {
  readonly mode: 'LIVE' | 'LIVE_REPLAY' | 'ON_DEMAND';
  readonly origin: TimestampOrigin;
  /** Epoch ms; for LIVE_REPLAY and ON_DEMAND. */
  readonly fromMs: number | undefined;
  readonly untilMs: number | undefined;
  readonly discontinuities: 'ALWAYS' | 'NEVER' | 'ON_DISCONTINUITY';
  readonly displayTimestamps: boolean;
  readonly maxFragments: number;
  readonly expiresAtMs: number;
};

/** A fragment's place in a session's playlist. */
export type HlsEntry = {
  readonly number: string;
  /** Counts up by one per entry, from 1. */
  readonly sequence: number;
  /** Epoch ms by the session's origin. */
  readonly startMs: number;
  /**
   * Where its media lies, in the same measure: by server timestamps an upload at full speed would
   * lie upon itself, so there each fragment begins where the one before ends, if not later.
   */
  readonly mediaMs: number;
  readonly durationMs: number;
  readonly bytes: number;
  readonly formatId: string;
  readonly discontinuity: boolean;
};

/** Gaps and overlaps up to this much are rounding, not discontinuities. */
const CONTINUOUS_WITHIN_MS = 250;

/** One HLS streaming session: what its player has been told so far. */
export class HlsSession {
  readonly token: string;
  readonly stream: LocalStream;
  readonly settings: HlsSettings;
  #entries: HlsEntry[] = [];
  /** The first fragment's start: where the media's own timeline begins. */
  #baseMs: number | undefined;
  #lastNumber: string | undefined;
  #sequence = 0;
  /** Kinds of tracks that any fragment had: players keep to the buffers they began with. */
  #hasVideo = false;
  #hasAudio = false;
  #discontinuitiesGone = 0;
  #refreshing: Promise<void> = Promise.resolve();

  constructor(token: string, stream: LocalStream, settings: HlsSettings) {
    this.token = token;
    this.stream = stream;
    this.settings = settings;
    if (settings.mode === 'LIVE') this.#refreshing = this.#begin();
  }

  /** What the playlist shows now, oldest first. */
  get entries(): readonly HlsEntry[] {
    return this.#entries;
  }

  get baseMs(): number {
    return this.#baseMs ?? 0;
  }

  /** Whether every segment has audio beside its video, be it silence. */
  get hasBoth(): boolean {
    return this.#hasVideo && this.#hasAudio;
  }

  /** Discontinuities of entries that left the playlist. */
  get discontinuitiesGone(): number {
    return this.#discontinuitiesGone;
  }

  /** Takes in fragments that came since, and lets old ones leave a live playlist. */
  refresh(): Promise<void> {
    const refresh = (): Promise<void> => this.#refresh();
    this.#refreshing = this.#refreshing.then(refresh, refresh);
    return this.#refreshing;
  }

  async #refresh(): Promise<void> {
    const { mode, maxFragments, origin, fromMs, untilMs } = this.settings;
    if (mode === 'ON_DEMAND' && this.#sequence > 0) return;
    const window = {
      origin,
      ...(fromMs === undefined ? {} : { fromMs }),
      ...(untilMs === undefined ? {} : { untilMs }),
      ...(this.#lastNumber === undefined ? {} : { after: this.#lastNumber }),
    };
    for await (const record of this.stream.fragments.select(window)) {
      if (mode !== 'LIVE' && this.#entries.length >= maxFragments) break;
      this.#lastNumber = record.number;
      this.#take(record);
    }
    if (mode !== 'LIVE') return;
    for (const gone of this.#entries.splice(0, Math.max(0, this.#entries.length - maxFragments))) {
      if (gone.discontinuity) this.#discontinuitiesGone += 1;
    }
  }

  /** A live session begins with the newest fragments alone. */
  async #begin(): Promise<void> {
    const before = await this.stream.fragments.fromEnd(this.settings.maxFragments);
    this.#lastNumber = before?.number;
  }

  #take(record: FragmentRecord): void {
    const { origin, discontinuities } = this.settings;
    const startMs = startOf(record, origin);
    const last = this.#entries.at(-1);
    // Fragments that are older than the newest one are not added (PlaybackMode). Two may
    // arrive in one millisecond; two of one producer's time are copies.
    const oldest = origin === 'SERVER_TIMESTAMP' ? 0 : 1;
    if (last !== undefined && startMs - last.startMs < oldest) return;
    const video = record.tracks.some(({ codecId }) => codecId === AVC || codecId === HEVC);
    // Without its pictures, a fragment cannot follow one with pictures in a player's buffer.
    if (this.#hasVideo && !video) return;
    this.#hasVideo ||= video;
    this.#hasAudio ||= record.tracks.some(({ codecId }) => codecId === AAC);
    const gapMs = last === undefined ? 0 : startMs - (last.startMs + last.durationMs);
    const isNewFormat = last !== undefined && last.formatId !== record.formatId;
    const isGap = Math.abs(gapMs) > CONTINUOUS_WITHIN_MS;
    const wanted =
      discontinuities === 'ALWAYS' || (discontinuities === 'ON_DISCONTINUITY' && isGap);
    const endMs = last === undefined ? startMs : last.mediaMs + last.durationMs;
    this.#baseMs ??= startMs;
    this.#sequence += 1;
    this.#entries.push({
      number: record.number,
      sequence: this.#sequence,
      startMs,
      mediaMs: origin === 'SERVER_TIMESTAMP' ? Math.max(startMs, endMs) : startMs,
      durationMs: Math.max(1, record.durationMs),
      bytes: record.bytes,
      formatId: record.formatId,
      discontinuity: last !== undefined && (isNewFormat || wanted),
    });
  }
}
