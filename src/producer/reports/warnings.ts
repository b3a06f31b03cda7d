import { KvsError } from '../../errors/kvs-error.ts';
import type { Clock } from '../../runtime/clock.ts';

/** Between two warnings of a kind about a track; what happens meanwhile is counted. */
const QUIET_MS = 30_000;
/** What has lasted for so long is reported before it is over. */
const OVERDUE_MS = 2_000;

/** What a user must know of a track. */
export type WarningKind =
  | 'no-key-frame'
  | 'not-decodable'
  | 'corrupted'
  | 'no-format'
  | 'long-gop'
  | 'misdeclared';

type Text = {
  readonly happened: (count: number, track: number) => string;
  readonly advice: string;
  /** Lasts for several frames, and is reported when it is over. */
  readonly isRun: boolean;
};

const LOOK_UPSTREAM =
  'Look for lost packets, leaky queues, valves and buffers dropped in front of kvssink.';

const TEXTS: Readonly<Record<WarningKind, Text>> = {
  'no-key-frame': {
    happened: (count, track) =>
      `${frames(count)} of track ${track} ${count === 1 ? 'was' : 'were'} left out: decoding can only start at a key frame, and none had arrived`,
    advice:
      'A force-key-unit event was sent upstream; set the encoder to more frequent key frames.',
    isRun: true,
  },
  'not-decodable': {
    happened: (count, track) =>
      `${frames(count)} of track ${track} ${count === 1 ? 'was' : 'were'} left out: frames that they refer to are missing; the stream continues at the next key frame`,
    advice: LOOK_UPSTREAM,
    isRun: true,
  },
  corrupted: {
    happened: (count, track) =>
      `${frames(count)} of track ${track} ${count === 1 ? 'was' : 'were'} left out: the source marks them as corrupted`,
    advice: LOOK_UPSTREAM,
    isRun: true,
  },
  'no-format': {
    happened: (count, track) =>
      `${frames(count)} of track ${track} ${count === 1 ? 'was' : 'were'} left out: the parameter sets that they need are neither in the caps nor in the stream`,
    advice: 'Put h264parse or h265parse with config-interval=-1 in front of kvssink.',
    isRun: true,
  },
  'long-gop': {
    happened: (count, track) =>
      `${count === 1 ? 'A fragment' : `${count} fragments`} of track ${track} had to begin without a key frame: none arrived for ten seconds, and KVS accepts no longer fragments. Players cannot start there`,
    advice:
      'Set the encoder to a key frame every few seconds (x264enc key-int-max, "IDR interval" or "GOP" of a camera).',
    isRun: false,
  },
  misdeclared: {
    happened: (_count, track) =>
      `The frames of track ${track} do not have the stream-format that their caps state; they are treated as what they are`,
    advice: 'Put h264parse or h265parse in front of kvssink, or correct the caps.',
    isRun: false,
  },
};

type Tally = {
  readonly kind: WarningKind;
  readonly track: number;
  untold: number;
  total: number;
  toldMs: number;
  /** When what goes on now began. */
  sinceMs: number | undefined;
};

/**
 * Warnings about frames. A run of losses is reported once, with its count, when it is over or has gone
 * on for two seconds; further ones are counted and told at most every half minute, and the rest at
 * the end, so that the counts add up.
 */
export class Warnings {
  /** Something goes on that the next stored frame may be the end of. */
  hasOngoing = false;
  readonly #clock: Clock;
  readonly #warn: (warning: KvsError) => void;
  readonly #tallies: Tally[] = [];

  constructor(clock: Clock, warn: (warning: KvsError) => void) {
    this.#clock = clock;
    this.#warn = warn;
  }

  add(kind: WarningKind, track: number): void {
    const nowMs = this.#clock.monotonicMs();
    const tally = this.#tallyOf(kind, track);
    tally.untold += 1;
    tally.total += 1;
    tally.sinceMs ??= nowMs;
    this.hasOngoing = true;
    const isDue = !TEXTS[kind].isRun || nowMs - tally.sinceMs >= OVERDUE_MS;
    if (isDue && nowMs - tally.toldMs >= QUIET_MS) this.#tell(tally, nowMs);
  }

  /** A frame of the track was stored: nothing of it goes on any more. */
  over(track: number): void {
    for (const tally of this.#tallies) {
      if (tally.track !== track || tally.sinceMs === undefined) continue;
      tally.sinceMs = undefined;
      const nowMs = this.#clock.monotonicMs();
      if (tally.untold > 0 && nowMs - tally.toldMs >= QUIET_MS) this.#tell(tally, nowMs);
    }
    this.hasOngoing = this.#tallies.some(({ sinceMs }) => sinceMs !== undefined);
  }

  /** Tells what was only counted. */
  end(): void {
    for (const tally of this.#tallies) {
      if (tally.untold > 0) this.#tell(tally, this.#clock.monotonicMs());
      tally.sinceMs = undefined;
    }
  }

  #tell(tally: Tally, nowMs: number): void {
    const { happened, advice } = TEXTS[tally.kind];
    const { untold, total, track } = tally;
    tally.untold = 0;
    tally.toldMs = nowMs;
    const sum = total > untold ? ` (${total} since the start)` : '';
    const text = `${happened(untold, track)}${sum}`;
    this.#warn(new KvsError('STATUS_MKV_INVALID_FRAME_DATA', text, { advice }));
  }

  #tallyOf(kind: WarningKind, track: number): Tally {
    const known = this.#tallies.find((tally) => tally.kind === kind && tally.track === track);
    if (known !== undefined) return known;
    const tally: Tally = {
      kind,
      track,
      untold: 0,
      total: 0,
      toldMs: Number.NEGATIVE_INFINITY,
      sinceMs: undefined,
    };
    this.#tallies.push(tally);
    return tally;
  }
}

function frames(count: number): string {
  return count === 1 ? '1 frame' : `${count} frames`;
}
