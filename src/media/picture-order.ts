import { RangeList } from './bits/range-list.ts';
import type { TrackDescription } from './codec/codec-adapter.ts';
import type { PictureOrder } from './codec/picture.ts';
import { H264OrderReader } from './h264/h264-picture-order.ts';
import { H265OrderReader } from './h265/h265-picture-order.ts';
import type { CodecOrder, NalCodec } from './nal/nal-codec.ts';
import { configureIfUnderstood } from './nal/nal-track.ts';
import {
  looksLengthPrefixed,
  scanAnnexB,
  scanLengthPrefixed,
  startsWithStartCode,
} from './nal/nal-units.ts';

function codecOrder(mediaType: string): CodecOrder | undefined {
  if (/^video\/(x-h264|h264|avc)$/.test(mediaType)) return new H264OrderReader();
  if (/^video\/(x-h265|h265|hevc)$/.test(mediaType)) return new H265OrderReader();
  return undefined;
}

/**
 * Says of each access unit of a track where its picture is in the order of presentation. It knows
 * the parameter sets from the codec data and from every unit that it was shown.
 */
export class PictureOrderReader {
  readonly #codec: CodecOrder;
  readonly #nals = new RangeList();
  readonly #order: PictureOrder = {
    count: 0,
    step: 1,
    restarts: false,
    field: 'none',
    isIntra: false,
    mayReorder: false,
    pictureRate: undefined,
  };
  #lengthSize: 1 | 2 | 4 = 4;

  private constructor(codec: CodecOrder, codecData: Uint8Array | undefined) {
    this.#codec = codec;
    this.describe(codecData);
  }

  /** Undefined for what is neither H.264 nor H.265. */
  static of({ mediaType, codecData }: TrackDescription): PictureOrderReader | undefined {
    const codec = codecOrder(mediaType);
    return codec === undefined ? undefined : new PictureOrderReader(codec, codecData);
  }

  /** The stream goes on with other codec data. */
  describe(codecData: Uint8Array | undefined): void {
    const form = configureIfUnderstood(this.#codec.codec, codecData);
    this.#lengthSize = form?.kind === 'length-prefixed' ? form.lengthSize : 4;
  }

  /** @returns the same object each time, or why there is none */
  read(data: Uint8Array): PictureOrder | 'no-picture' | 'unreadable' {
    const { codec } = this.#codec;
    const nals = this.#nals;
    if (!this.#scan(data)) return 'unreadable';
    for (let i = 0; i < nals.count; i += 1) {
      const kind = codec.classify(data, nals.starts[i] as number, nals.ends[i] as number);
      if (kind === 'parameter-set') learn(codec, nals.of(data, i));
      if (kind !== 'slice' && kind !== 'random-access-slice') continue;
      return this.#codec.read(data, nals, i, this.#order) ? this.#order : 'unreadable';
    }
    return 'no-picture';
  }

  #scan(data: Uint8Array): boolean {
    try {
      if (startsWithStartCode(data) && !looksLengthPrefixed(data)) scanAnnexB(data, this.#nals);
      else scanLengthPrefixed(data, this.#lengthSize, this.#nals);
      return true;
    } catch {
      // Who stores the access unit says what is wrong with it.
      return false;
    }
  }
}

/** A damaged set is reported where the access unit is stored. */
function learn(codec: NalCodec, nal: Uint8Array): void {
  try {
    if (codec.sets.knows(nal) === undefined) codec.learn(nal);
  } catch {
    // The sets known so far go on.
  }
}
