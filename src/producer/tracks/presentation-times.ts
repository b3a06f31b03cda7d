import type { TrackDescription } from '../../media/codec/codec-adapter.ts';
import type { PictureOrder } from '../../media/codec/picture.ts';
import { PictureOrderReader } from '../../media/picture-order.ts';
import type { Frame } from '../info/frame.ts';
import { type OrderDoubt, PictureSequence } from './picture-sequence.ts';

/** The picture rate in the stream is believed where frames come within this of it. */
const MAX_RATE_ERROR_NS = 2_000_000;
/** A longer distance is a gap, not the length of a picture. */
const MAX_INTERVAL_NS = 2_000_000_000;
/** How much of each new distance goes into the average. */
const INTERVAL_WEIGHT = 1 / 8;
/** A distance this much longer than the others is a gap, unless so many come in a row. */
const GAP_FACTOR = 1.5;
const MAX_GAPS_IN_A_ROW = 3;

/** What is reported, once each, where times are not as the encoder had them. */
export type TimesDoubt = OrderDoubt | 'unreadable';

/**
 * Presentation times for frames that have a decoding time only, as elementary streams do: from the
 * picture order counts in their slices. A frame is placed when it comes, without waiting for the
 * pictures that are shown before it:
 *
 *   PTS = DTS + (place in the order of presentation - place in the order of decoding) * interval
 *
 * Both places count from the key frame at which the stream's own counts begin. Without B-frames
 * they are the same, and PTS is DTS.
 */
export class PresentationTimes {
  readonly #reader: PictureOrderReader;
  readonly #doubt: (doubt: TimesDoubt) => void;
  readonly #told = new Set<TimesDoubt>();
  readonly #sequence = new PictureSequence((doubt) => this.#tell(doubt));
  /** Presentation minus decoding time where both places are the same. */
  #offsetNs = 0n;
  #lastDtsNs: bigint | undefined;
  #intervalNs: number;
  #hasMeasured = false;
  #gaps = 0;

  private constructor(
    reader: PictureOrderReader,
    intervalNs: bigint,
    doubt: (doubt: TimesDoubt) => void,
  ) {
    this.#reader = reader;
    this.#intervalNs = Number(intervalNs);
    this.#doubt = doubt;
  }

  /**
   * @param intervalNs distance of frames until it is known
   * @returns undefined for codecs whose frames do not say their order
   */
  static of(
    description: TrackDescription,
    intervalNs: bigint,
    doubt: (doubt: TimesDoubt) => void,
  ): PresentationTimes | undefined {
    const reader = PictureOrderReader.of(description);
    return reader === undefined ? undefined : new PresentationTimes(reader, intervalNs, doubt);
  }

  /** The track goes on with other codec data. */
  describe({ codecData }: TrackDescription): void {
    this.#reader.describe(codecData);
  }

  /** The presentation time of the track's next frame, whose decoding time is `dtsNs`. */
  next({ data, ptsNs, durationNs }: Frame, dtsNs: bigint): bigint {
    this.#measure(dtsNs, Number(durationNs));
    const order = this.#reader.read(data);
    if (order === 'unreadable' || order === 'no-picture') {
      if (order === 'unreadable' && ptsNs === undefined) this.#tell(order);
      return ptsNs ?? dtsNs;
    }
    const moved = this.#sequence.place(order) / order.step;
    const movedNs = BigInt(Math.round(moved * this.#pictureNs(order)));
    if (ptsNs === undefined) return dtsNs + this.#offsetNs + movedNs;
    this.#offsetNs = ptsNs - dtsNs - movedNs;
    return ptsNs;
  }

  #measure(dtsNs: bigint, durationNs: number): void {
    const distanceNs = this.#lastDtsNs === undefined ? 0 : Number(dtsNs - this.#lastDtsNs);
    this.#lastDtsNs = dtsNs;
    const ns = durationNs > 0 ? durationNs : distanceNs;
    if (ns <= 0 || ns > MAX_INTERVAL_NS) return;
    const isGap = this.#hasMeasured && ns > GAP_FACTOR * this.#intervalNs;
    this.#gaps = isGap ? this.#gaps + 1 : 0;
    if (isGap && this.#gaps < MAX_GAPS_IN_A_ROW) return;
    if (isGap) this.#hasMeasured = false;
    this.#intervalNs += (ns - this.#intervalNs) * (this.#hasMeasured ? INTERVAL_WEIGHT : 1);
    this.#hasMeasured = true;
  }

  /** Times that were rounded to milliseconds are some way off what the encoder had. */
  #pictureNs({ pictureRate }: PictureOrder): number {
    const saidNs = pictureRate === undefined ? 0 : 1e9 / pictureRate;
    const isNear = Math.abs(saidNs - this.#intervalNs) <= MAX_RATE_ERROR_NS;
    return isNear ? saidNs : this.#intervalNs;
  }

  #tell(doubt: TimesDoubt): void {
    if (this.#told.has(doubt)) return;
    this.#told.add(doubt);
    this.#doubt(doubt);
  }
}
