import { startOf, type TimestampOrigin } from '../../fragments/timestamp-origin.ts';
import type { FragmentRecord } from '../../fragments/types.ts';
import type { LocalStream } from '../../streams/local-stream.ts';

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
  readonly durationMs: number;
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
  #discontinuitiesGone = 0;

  constructor(token: string, stream: LocalStream, settings: HlsSettings) {
    this.token = token;
    this.stream = stream;
    this.settings = settings;
    this.#begin();
    this.refresh();
  }

  /** What the playlist shows now, oldest first. */
  get entries(): readonly HlsEntry[] {
    return this.#entries;
  }

  get baseMs(): number {
    return this.#baseMs ?? 0;
  }

  /** Discontinuities of entries that left the playlist. */
  get discontinuitiesGone(): number {
    return this.#discontinuitiesGone;
  }

  /** Takes in fragments that came since, and lets old ones leave a live playlist. */
  refresh(): void {
    const { mode, maxFragments } = this.settings;
    if (mode === 'ON_DEMAND' && this.#sequence > 0) return;
    for (;;) {
      const record = this.stream.fragments.after(this.#lastNumber);
      if (record === undefined) break;
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
  #begin(): void {
    if (this.settings.mode !== 'LIVE') return;
    const all = this.stream.fragments.list();
    this.#lastNumber = all[all.length - this.settings.maxFragments - 1]?.number;
  }

  #take(record: FragmentRecord): void {
    const { origin, fromMs, untilMs, discontinuities } = this.settings;
    const startMs = startOf(record, origin);
    if (fromMs !== undefined && startMs + Math.max(1, record.durationMs) <= fromMs) return;
    if (untilMs !== undefined && startMs > untilMs) return;
    const last = this.#entries.at(-1);
    // Fragments that are older than the newest one are not added (guide, PlaybackMode).
    if (last !== undefined && startMs <= last.startMs) return;
    const gapMs = last === undefined ? 0 : startMs - (last.startMs + last.durationMs);
    const isNewFormat = last !== undefined && last.formatId !== record.formatId;
    const isGap = Math.abs(gapMs) > CONTINUOUS_WITHIN_MS;
    const wanted =
      discontinuities === 'ALWAYS' || (discontinuities === 'ON_DISCONTINUITY' && isGap);
    this.#baseMs ??= startMs;
    this.#sequence += 1;
    this.#entries.push({
      number: record.number,
      sequence: this.#sequence,
      startMs,
      durationMs: Math.max(1, record.durationMs),
      formatId: record.formatId,
      discontinuity: last !== undefined && (isNewFormat || wanted),
    });
  }
}
