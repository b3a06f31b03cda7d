import type { RangeList } from '../bits/range-list.ts';
import type { PictureOrder } from '../codec/picture.ts';
import type { CodecOrder } from '../nal/nal-codec.ts';
import { H264Codec } from './h264-codec.ts';
import type { H264SliceHeader } from './h264-slice.ts';
import type { H264PictureOrder, H264Sps } from './h264-sps.ts';

/** slice_type modulo 5 of I and SI slices. */
const INTRA_SLICES: ReadonlySet<number> = new Set([2, 4]);

const BASELINE_PROFILE = 66;

/** Where most encoders are: one field further per field, two per frame. */
const FIELDS_OF = { frame: 2, field: 1 } as const;

/**
 * Picture order counts of H.264 (8.2.1), of pictures in decoding order. They count fields, so that
 * two frames in a row are 2 apart with nearly every encoder.
 */
class H264PictureCounter {
  /** Of the last reference picture: the upper and the lower part of its count. */
  #msb = 0;
  #lsb = 0;
  /** Of the last picture. */
  #frameNum = 0;
  #frameNumOffset = 0;

  /**
   * The count of the next picture. At an IDR picture, and where a picture clears all references,
   * counting begins anew; what was counted before is shown before.
   */
  next(slice: H264SliceHeader): number {
    if (slice.isIdr) this.#restart();
    const { pictureOrder } = slice.sps;
    const [top, bottom] =
      pictureOrder.type === 0
        ? this.#fromLsb(slice, pictureOrder.maxLsb)
        : this.#fromFrameNum(slice, pictureOrder, slice.sps);
    const count = slice.isField ? (slice.isBottomField ? bottom : top) : Math.min(top, bottom);
    if (!slice.clearsReferences) return count;
    // From here on counts are relative to this picture, which has 0 itself (8.2.1).
    this.#restart();
    this.#lsb = slice.isBottomField ? 0 : top - count;
    return 0;
  }

  #restart(): void {
    this.#msb = 0;
    this.#lsb = 0;
    this.#frameNum = 0;
    this.#frameNumOffset = 0;
  }

  /** Type 0: slices carry the lower bits (8.2.1.1). */
  #fromLsb(slice: H264SliceHeader, maxLsb: number): readonly [number, number] {
    const { pocLsb } = slice;
    let msb = this.#msb;
    if (pocLsb < this.#lsb && this.#lsb - pocLsb >= maxLsb / 2) msb += maxLsb;
    else if (pocLsb > this.#lsb && pocLsb - this.#lsb > maxLsb / 2) msb -= maxLsb;
    if (slice.nalRefIdc !== 0) {
      this.#msb = msb;
      this.#lsb = pocLsb;
    }
    const count = msb + pocLsb;
    return [count, slice.isField ? count : count + slice.deltaPocBottom];
  }

  /** Types 1 and 2: the count follows from frame_num (8.2.1.2, 8.2.1.3). */
  #fromFrameNum(
    slice: H264SliceHeader,
    order: Exclude<H264PictureOrder, { type: 0 }>,
    { maxFrameNum }: H264Sps,
  ): readonly [number, number] {
    if (slice.frameNum < this.#frameNum) this.#frameNumOffset += maxFrameNum;
    this.#frameNum = slice.frameNum;
    const frames = this.#frameNumOffset + slice.frameNum;
    const isReference = slice.nalRefIdc !== 0;
    if (order.type === 2) {
      const count = 2 * frames - (isReference ? 0 : 1);
      return [count, count];
    }
    const { offsetsForRef, offsetForNonRef, offsetForBottomField } = order;
    let expected = isReference ? 0 : offsetForNonRef;
    const references = frames - (isReference || frames === 0 ? 0 : 1);
    const cycle = offsetsForRef.length;
    if (cycle > 0 && references > 0) {
      const sum = offsetsForRef.reduce((total, offset) => total + offset, 0);
      expected += Math.floor((references - 1) / cycle) * sum;
      for (let i = 0; i <= (references - 1) % cycle; i += 1) expected += offsetsForRef[i] ?? 0;
    }
    const top = expected + slice.deltaPoc0;
    const bottom = slice.isField ? top : top + slice.deltaPoc1;
    return [top, bottom + offsetForBottomField];
  }
}

/** The order of H.264 pictures, frames and fields, from their access units. */
export class H264OrderReader implements CodecOrder {
  readonly codec = new H264Codec();
  readonly #counter = new H264PictureCounter();
  /** A field that came by itself and whose other field has not come: its frame_num and parity. */
  #openField: { readonly frameNum: number; readonly isBottom: boolean } | undefined;

  read(data: Uint8Array, nals: RangeList, first: number, order: PictureOrder): boolean {
    const { slice } = this.codec;
    if (!slice.read(data, nals.starts[first] as number, nals.ends[first] as number)) return false;
    const { sps, isField, isBottomField } = slice;
    order.restarts = slice.isIdr || slice.clearsReferences;
    order.isIntra = INTRA_SLICES.has(slice.sliceType % 5);
    order.mayReorder = mayReorder(sps);
    order.count = this.#counter.next(slice);
    const isPair = isField && this.#countOtherField(data, nals, first + 1, isBottomField);
    order.field = isField && !isPair ? this.#fieldOf(slice) : 'none';
    order.step = order.field === 'none' ? FIELDS_OF.frame : FIELDS_OF.field;
    order.pictureRate = sps.frameRate === undefined ? undefined : (sps.frameRate * 2) / order.step;
    return true;
  }

  #fieldOf({ frameNum, isBottomField: isBottom }: H264SliceHeader): 'first' | 'second' {
    const open = this.#openField;
    const isSecond = open?.frameNum === frameNum && open.isBottom !== isBottom;
    this.#openField = isSecond ? undefined : { frameNum, isBottom };
    return isSecond ? 'second' : 'first';
  }

  /** Files keep both fields of a frame in one sample, parsers give each by itself. */
  #countOtherField(data: Uint8Array, nals: RangeList, from: number, isBottom: boolean): boolean {
    const { slice } = this.codec;
    for (let i = from; i < nals.count; i += 1) {
      const isRead = slice.read(data, nals.starts[i] as number, nals.ends[i] as number);
      if (!isRead || slice.isBottomField === isBottom) continue;
      this.#counter.next(slice);
      return true;
    }
    return false;
  }
}

/** False when the SPS says, or its profile, that there are no B-frames. */
function mayReorder({ pictureOrder, maxReorderFrames, profileIdc }: H264Sps): boolean {
  if (pictureOrder.type === 2 || profileIdc === BASELINE_PROFILE) return false;
  return maxReorderFrames !== 0;
}
