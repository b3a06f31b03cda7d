import { KvsError } from '../../../errors/kvs-error.ts';
import type {
  CodecAdapter,
  TrackDescription,
  TrackFormat,
} from '../../../media/codec/codec-adapter.ts';
import { createAdapter } from '../../../media/create-adapter.ts';
import { PresentationTimes } from '../../../producer/tracks/presentation-times.ts';
import type { InputFrame } from '../media/input-frame.ts';
import type { DemuxedFrame } from './demuxed-frame.ts';

const SECOND_NS = 1_000_000_000;
/** Until it is known. */
const USUAL_FRAME_RATE = 30;
const NO_TAGS: InputFrame['tags'] = [];

/** What a track is told by its file. */
export type DemuxedTrackOptions = {
  readonly number: number;
  /** Whether frames may come without a presentation time. */
  readonly lacksTimes: boolean;
  /** Pictures per second where the file has no timestamps; undefined where nobody said. */
  readonly frameRate: number | undefined;
};

/** How the header for a track's next frame differs from that for those before it. */
export type FormatChange = 'none' | 'first' | 'other';

/** One track of a file: its frames in the form in which Matroska has them, each with its time. */
export class DemuxedTrack {
  readonly number: number;
  /** As it was accepted; undefined before the first frame. */
  format: TrackFormat | undefined;
  /** Frames that were left out: damaged, or in front of what their decoder needs. */
  lost = 0;
  /** Why the first of them was. */
  whyLost = '';
  readonly #frameRate: number | undefined;
  #adapter: CodecAdapter;
  #description: TrackDescription;
  #acceptedRevision = 0;
  /** Of codecs whose pictures say their order, where their times may be missing. */
  readonly #presentation: PresentationTimes | undefined;
  #frames = 0;
  /** The first frame had no presentation time: those of elementary streams. */
  #isUntimed = false;
  #lastNs = 0n;
  /** The adapted frame; used again for the next one. */
  #bytes = new Uint8Array(64 * 1024);
  #length = 0;

  constructor(description: TrackDescription, options: DemuxedTrackOptions) {
    const { number, frameRate = USUAL_FRAME_RATE, lacksTimes } = options;
    this.number = number;
    this.#frameRate = options.frameRate;
    this.#description = description;
    this.#adapter = createAdapter(description);
    if (!lacksTimes) return;
    const intervalNs = BigInt(Math.round(SECOND_NS / frameRate));
    this.#presentation = PresentationTimes.of(description, intervalNs, () => {});
  }

  /** What comes from now on is of this kind. */
  describe(description: TrackDescription): void {
    this.#description = description;
    this.#adapter = createAdapter(description, { before: this.#adapter });
    this.#acceptedRevision = 0;
    this.#presentation?.describe(description);
  }

  /** What the frame that was adapted last needs. */
  get change(): FormatChange {
    if (this.#adapter.formatRevision === this.#acceptedRevision) return 'none';
    if (this.format === undefined) return 'first';
    return isSameFormat(this.format, this.#adapter.format) ? 'none' : 'other';
  }

  /** The header is made for the last frame. */
  acceptFormat(): void {
    this.#acceptedRevision = this.#adapter.formatRevision;
    this.format = this.#adapter.format;
  }

  /**
   * The frame as it is sent; its bytes are valid until the next call. Undefined where there is
   * nothing to send.
   * @throws KvsError STATUS_INVALID_ARG where nobody knows its time
   */
  adapt(frame: DemuxedFrame): InputFrame | undefined {
    // Containers with one frame per tick repeat a picture by an empty one.
    if (frame.data.length === 0) return undefined;
    const isRandomAccessPoint = this.#convert(frame.data);
    if (isRandomAccessPoint === undefined) return undefined;
    const ptsNs = this.#timeOf(frame);
    this.#frames += 1;
    this.#lastNs = ptsNs;
    return {
      track: this.number,
      ptsNs,
      durationNs: this.#durationOf(frame),
      isKeyFrame: isRandomAccessPoint || frame.isKeyFrame,
      isInvisible: frame.isInvisible,
      isDiscardable: frame.isDiscardable,
      data: this.#bytes.subarray(0, this.#length),
      startsCluster: false,
      tags: NO_TAGS,
    };
  }

  /** @returns whether decoding can start with it; undefined where there is nothing to send */
  #convert(data: Uint8Array): boolean | undefined {
    this.#length = 0;
    try {
      const plan = this.#adapter.plan(data);
      if (plan.byteLength === 0) return undefined;
      if (this.#bytes.length < plan.byteLength) this.#bytes = new Uint8Array(2 * plan.byteLength);
      const { isRandomAccessPoint } = plan;
      plan.writeTo(this, data);
      if (this.#adapter.format !== undefined) return isRandomAccessPoint;
      this.#lose('what its decoder needs does not come before it');
    } catch (error) {
      if (!(error instanceof KvsError)) throw error;
      this.#lose(error.message);
    }
    return undefined;
  }

  /** The adapter's sink. */
  write(source: Uint8Array, start: number, end: number): void {
    this.#bytes.set(source.subarray(start, end), this.#length);
    this.#length += end - start;
  }

  #lose(why: string): void {
    this.lost += 1;
    if (this.lost === 1) this.whyLost = why;
  }

  #durationOf({ durationNs }: DemuxedFrame): bigint {
    if (durationNs > 0n || !this.#isUntimed || this.#frameRate === undefined) return durationNs;
    return BigInt(Math.round(SECOND_NS / this.#frameRate));
  }

  #timeOf(frame: DemuxedFrame): bigint {
    const { ptsNs } = frame;
    if (this.#frames === 0) this.#isUntimed = ptsNs === undefined;
    if (this.#presentation === undefined && ptsNs !== undefined) return ptsNs;
    const dtsNs = this.#decodingTime(frame);
    if (this.#presentation === undefined) return dtsNs;
    return this.#presentation.next({ ...frame, dtsNs, trackId: this.number }, dtsNs);
  }

  #decodingTime({ dtsNs, ptsNs }: DemuxedFrame): bigint {
    const isPicture = this.#description.kind === 'video';
    if (isPicture && this.#isUntimed && this.#frameRate !== undefined) {
      return BigInt(Math.round((this.#frames * SECOND_NS) / this.#frameRate));
    }
    const ns = dtsNs ?? ptsNs;
    if (ns !== undefined) return ns;
    if (!isPicture || !this.#isUntimed) return this.#lastNs;
    throw new KvsError('STATUS_INVALID_ARG', 'The file has neither timestamps nor a frame rate', {
      advice: 'Say how many pictures a second it has, e.g. --frame-rate 25.',
    });
  }
}

function isSameFormat(one: TrackFormat, other: TrackFormat | undefined): boolean {
  if (other === undefined) return false;
  return (
    one.codecId === other.codecId &&
    one.width === other.width &&
    one.height === other.height &&
    one.samplingFrequencyHz === other.samplingFrequencyHz &&
    one.channels === other.channels &&
    Buffer.compare(one.codecPrivate ?? Buffer.alloc(0), other.codecPrivate ?? Buffer.alloc(0)) === 0
  );
}
