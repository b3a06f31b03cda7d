import type { RangeList } from '../bits/range-list.ts';
import type { PictureOrder } from '../codec/picture.ts';
import type { CodecOrder } from '../nal/nal-codec.ts';
import { H265Codec } from './h265-codec.ts';
import type { H265SliceHeader } from './h265-slice.ts';

/** Picture order counts of H.265 (8.3.1), of pictures in decoding order. */
class H265PictureCounter {
  /** Of the last picture that others count against; undefined before the first picture. */
  #anchor: number | undefined;

  /** True when counting begins anew with the picture: what was counted before is shown before. */
  restartsAt(slice: H265SliceHeader): boolean {
    return this.#anchor === undefined || slice.isIdr || slice.isBla;
  }

  next(slice: H265SliceHeader): number {
    const { pocLsb } = slice;
    let count = pocLsb;
    if (!this.restartsAt(slice)) {
      const { maxPocLsb } = slice.sps;
      const anchor = this.#anchor as number;
      const anchorLsb = ((anchor % maxPocLsb) + maxPocLsb) % maxPocLsb;
      count += anchor - anchorLsb;
      if (pocLsb < anchorLsb && anchorLsb - pocLsb >= maxPocLsb / 2) count += maxPocLsb;
      else if (pocLsb > anchorLsb && pocLsb - anchorLsb > maxPocLsb / 2) count -= maxPocLsb;
    }
    if (slice.isOrderAnchor || this.#anchor === undefined) this.#anchor = count;
    return count;
  }
}

/** The order of H.265 pictures from their access units. */
export class H265OrderReader implements CodecOrder {
  readonly codec = new H265Codec();
  readonly #counter = new H265PictureCounter();

  read(data: Uint8Array, nals: RangeList, first: number, order: PictureOrder): boolean {
    const { slice } = this.codec;
    if (!slice.read(data, nals.starts[first] as number, nals.ends[first] as number)) return false;
    order.restarts = this.#counter.restartsAt(slice);
    order.isIntra = slice.isIrap;
    order.mayReorder = slice.sps.maxReorderPictures > 0;
    order.count = this.#counter.next(slice);
    order.step = 1;
    order.field = 'none';
    order.pictureRate = slice.sps.frameRate;
    return true;
  }
}
