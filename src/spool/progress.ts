import type { Clock } from '../runtime/clock.ts';
import type { EntryList } from './entry-list.ts';

/** What a spool is doing. */
export type SpoolState =
  | 'empty'
  /** Fragments are in it and none was acknowledged of late. */
  | 'waiting'
  | 'sending'
  /** The disk does not take what is to be written. */
  | 'failing';

/** A spool in figures. */
export type SpoolStatus = {
  readonly state: SpoolState;
  /** What is in it and not acknowledged: fragments, frames, bytes, media. */
  readonly fragments: number;
  readonly frames: number;
  readonly bytes: number;
  readonly durationNs: bigint;
  /** When the oldest of them begins; undefined where there is none. */
  readonly oldestNs: bigint | undefined;
  /** Until all of it is sent, as it goes now; undefined while it does not get less. */
  readonly timeToGoMs: number | undefined;
  /** Since the start: fragments that were taken over, sent, dropped for want of room, damaged. */
  readonly spooled: number;
  readonly sent: number;
  readonly dropped: number;
  readonly damaged: number;
};

/** What a spool has counted since its start. */
export type SpoolCounts = Pick<SpoolStatus, 'spooled' | 'sent' | 'dropped' | 'damaged'>;

/** The rates are measured over this long. */
const WINDOW_MS = 10_000;

type Sample = { readonly atMs: number; readonly bytes: number };

/** Measures how fast a spool fills and empties. */
export class Progress {
  readonly #clock: Clock;
  readonly #in: Sample[] = [];
  readonly #out: Sample[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  took(bytes: number): void {
    this.#add(this.#in, bytes);
  }

  sent(bytes: number): void {
    this.#add(this.#out, bytes);
  }

  /** The spool in figures. */
  status(row: EntryList, counts: SpoolCounts, isFailing: boolean): SpoolStatus {
    const { count, byteLength, durationNs, frameCount, oldest } = row;
    return {
      state:
        count === 0 ? 'empty' : isFailing ? 'failing' : this.#isSending ? 'sending' : 'waiting',
      fragments: count,
      frames: frameCount,
      bytes: byteLength,
      durationNs,
      oldestNs: oldest?.fragment.startNs,
      timeToGoMs: count === 0 ? 0 : this.#timeToGoMs(byteLength),
      ...counts,
    };
  }

  /** Something was acknowledged within the window. */
  get #isSending(): boolean {
    return this.#sum(this.#out) > 0;
  }

  /** Until so many bytes are sent; undefined while they do not get less. */
  #timeToGoMs(bytes: number): number | undefined {
    const perWindow = this.#sum(this.#out) - this.#sum(this.#in);
    return perWindow > 0 ? Math.round((bytes / perWindow) * WINDOW_MS) : undefined;
  }

  #add(samples: Sample[], bytes: number): void {
    samples.push({ atMs: this.#clock.monotonicMs(), bytes });
    this.#sum(samples);
  }

  #sum(samples: Sample[]): number {
    const fromMs = this.#clock.monotonicMs() - WINDOW_MS;
    while (samples[0] !== undefined && samples[0].atMs < fromMs) samples.shift();
    return samples.reduce((sum, { bytes }) => sum + bytes, 0);
  }
}
