import { KvsError } from '../../errors/kvs-error.ts';
import { RangeList } from '../../media/bits/range-list.ts';
import { parseAvcC } from '../../media/h264/avcc.ts';
import { parseHvcC } from '../../media/h265/hvcc.ts';
import { type NalLengthSize, scanLengthPrefixed } from '../../media/nal/nal-units.ts';
import type { ConsumedFrame, ConsumedTrack } from '../fragments/consumed-fragment.ts';

const START_CODE = Uint8Array.of(0, 0, 0, 1);

/**
 * Makes a byte stream (H.264 and H.265, Annex B) of a track's frames, which decoders, `ffmpeg -f h264`
 * and appsrc take. The parameter sets go in front of each key frame.
 */
export class AnnexB {
  readonly #lengthSize: NalLengthSize;
  readonly #parameterSets: readonly Uint8Array[];
  readonly #units = new RangeList();

  /** @throws KvsError for a track that is neither H.264 nor H.265, or has no codec private data */
  constructor({ codecId, codecPrivate, number }: ConsumedTrack) {
    const isAvc = codecId === 'V_MPEG4/ISO/AVC';
    if ((!isAvc && codecId !== 'V_MPEGH/ISO/HEVC') || codecPrivate === undefined) {
      const without = codecPrivate === undefined ? ' without codec private data' : '';
      throw new KvsError(
        'STATUS_INVALID_ARG',
        `Track ${number} is ${codecId}${without}; a byte stream is made of H.264 and H.265 with it`,
      );
    }
    if (isAvc) {
      const { lengthSize, sps, pps } = parseAvcC(codecPrivate);
      this.#lengthSize = lengthSize;
      this.#parameterSets = [...sps, ...pps];
    } else {
      const { lengthSize, nals } = parseHvcC(codecPrivate);
      this.#lengthSize = lengthSize;
      this.#parameterSets = nals;
    }
  }

  /** @throws KvsError for data whose NAL units do not fit it */
  frame({ data, isKeyFrame }: ConsumedFrame): Uint8Array {
    scanLengthPrefixed(data, this.#lengthSize, this.#units);
    const parts: Uint8Array[] = [];
    if (isKeyFrame) for (const unit of this.#parameterSets) parts.push(START_CODE, unit);
    const { count } = this.#units;
    for (let i = 0; i < count; i += 1) parts.push(START_CODE, this.#units.of(data, i));
    return Buffer.concat(parts);
  }
}
