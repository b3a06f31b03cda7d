import { isDeepStrictEqual } from 'node:util';
import type { Continuity, PictureEntry, RecoveryPoint, References } from '../codec/picture.ts';
import type { H264SliceHeader } from './h264-slice.ts';
import type { H264Sps } from './h264-sps.ts';

/** slice_type modulo 5 of I and SI slices (H.264 table 7-6). */
const INTRA_SLICES: ReadonlySet<number> = new Set([2, 4]);

/**
 * Follows frame_num, which counts reference pictures (H.264 7.4.3): a step of more than one is a
 * reference picture that did not come. Pictures that no other refers to leave no gap.
 */
export class H264References implements References {
  entry: PictureEntry = 'unknown';
  isReference = true;
  readonly isSkippable = false;
  readonly #slice: H264SliceHeader;
  #sps: H264Sps | undefined;
  /** Of the accepted pictures: their sequence, and frame_num of the last reference picture. */
  #lastSps: H264Sps | undefined;
  #lastFrameNum: number | undefined;

  /** @param slice read anew for each picture */
  constructor(slice: H264SliceHeader) {
    this.#slice = slice;
  }

  get numberRange(): number {
    return this.#sps?.maxFrameNum ?? 0;
  }

  look(data: Uint8Array, start: number, end: number, recovery: RecoveryPoint | undefined): void {
    const slice = this.#slice;
    const isRead = slice.read(data, start, end);
    this.isReference = slice.nalRefIdc !== 0;
    if (isRead) this.#sps = slice.sps;
    if (slice.isIdr) this.entry = 'closed';
    else if (recovery !== undefined) this.entry = recovery;
    else if (!isRead) this.entry = 'unknown';
    else this.entry = INTRA_SLICES.has(slice.sliceType % 5) ? 'intra' : 'inter';
  }

  check(): Continuity {
    const sps = this.#sps;
    const lastSps = this.#lastSps;
    const lastFrameNum = this.#lastFrameNum;
    if (!this.#slice.isRead || sps === undefined) return 'unknown';
    // A sequence keeps its SPS to its end; the same one may come again, also in other caps.
    if (lastSps !== undefined && lastSps !== sps && !isDeepStrictEqual(lastSps, sps)) return 'gap';
    if (lastFrameNum === undefined) return 'unknown';
    const step = (this.#slice.frameNum - lastFrameNum + sps.maxFrameNum) % sps.maxFrameNum;
    if (step <= 1) return 'continues';
    return sps.allowsFrameNumGaps ? 'skips' : 'gap';
  }

  accept(): void {
    const slice = this.#slice;
    if (!slice.isRead) {
      this.#lastFrameNum = undefined;
      return;
    }
    this.#lastSps = this.#sps;
    if (this.isReference) this.#lastFrameNum = slice.clearsReferences ? 0 : slice.frameNum;
  }

  inherit(from: References): void {
    if (!(from instanceof H264References)) return;
    this.#lastSps = from.#lastSps;
    this.#lastFrameNum = from.#lastFrameNum;
  }
}
