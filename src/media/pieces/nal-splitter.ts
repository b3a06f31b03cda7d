import { RangeList } from '../bits/range-list.ts';
import type { TrackDescription } from '../codec/codec-adapter.ts';
import { HVCC_LENGTH_SIZE_OFFSET } from '../h265/hvcc.ts';
import { ANNEX_B, formOf, type NalForm } from '../nal/nal-form.ts';
import {
  type NalLengthSize,
  scanAnnexB,
  scanLengthPrefixed,
  startsWithStartCode,
} from '../nal/nal-units.ts';
import { type NalPlace, type PlaceOfNal, placeOfH264, placeOfH265 } from './nal-places.ts';

/** Offset of lengthSizeMinusOne in avcC (ISO/IEC 14496-15 5.3.3.1). */
const AVCC_LENGTH_SIZE_OFFSET = 4;

type Codec = { readonly placeOf: PlaceOfNal; readonly lengthSizeOffset: number };

const CODECS: Readonly<Record<string, Codec>> = {
  'video/x-h264': { placeOf: placeOfH264, lengthSizeOffset: AVCC_LENGTH_SIZE_OFFSET },
  'video/x-h265': { placeOf: placeOfH265, lengthSizeOffset: HVCC_LENGTH_SIZE_OFFSET },
};

/** Says of a piece of a NAL unit stream which kinds of NAL units are in it, in order. */
export class NalSplitter {
  readonly #placeOf: PlaceOfNal;
  #form: NalForm;
  readonly #nals = new RangeList();

  private constructor({ placeOf }: Codec, form: NalForm) {
    this.#placeOf = placeOf;
    this.#form = form;
  }

  /** The splitter of a track's codec; undefined where it is not made of NAL units. */
  static of(description: TrackDescription): NalSplitter | undefined {
    const codec = CODECS[description.mediaType];
    if (codec === undefined) return undefined;
    const { streamFormat, codecData } = description;
    const isByteStream =
      streamFormat === undefined ? codecData === undefined : streamFormat === 'byte-stream';
    if (isByteStream) return new NalSplitter(codec, ANNEX_B);
    const record = codecData !== undefined && !startsWithStartCode(codecData);
    const byte = record ? (codecData[codec.lengthSizeOffset] ?? 3) : 3;
    const lengthSize = ((byte & 3) + 1) as NalLengthSize;
    return new NalSplitter(codec, { kind: 'length-prefixed', lengthSize });
  }

  /** How many NAL units there are in the piece; what makes no sense counts as none. */
  split(data: Uint8Array): number {
    try {
      const form = formOf(data, this.#form);
      this.#form = form;
      if (form.kind === 'annex-b') scanAnnexB(data, this.#nals);
      else scanLengthPrefixed(data, form.lengthSize, this.#nals);
    } catch {
      // Who stores the access unit says what is wrong with it.
      this.#nals.count = 0;
    }
    return this.#nals.count;
  }

  /** Place of the NAL unit `index` of the piece that was split last. */
  place(data: Uint8Array, index: number): NalPlace {
    return this.#placeOf(data, this.#nals.starts[index] as number);
  }

  /** True when all of a piece goes in front of a picture that is not in it. */
  isLeading(data: Uint8Array): boolean {
    const count = this.split(data);
    for (let i = 0; i < count; i += 1) {
      const place = this.#placeOf(data, this.#nals.starts[i] as number);
      if (place !== 'leading' && place !== 'delimiter') return false;
    }
    return count > 0;
  }
}
