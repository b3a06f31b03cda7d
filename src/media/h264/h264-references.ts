import { isDeepStrictEqual } from 'node:util';
import type { Continuity, PictureEntry, RecoveryPoint, References } from '../codec/picture.ts';
import type { H264SliceHeader } from './h264-slice.ts';
import type { H264Sps } from './h264-sps.ts';

/** slice_type modulo 5 of I and SI slices (H.264 table 7-6). */
const INTRA_SLICES: ReadonlySet<number> = new Set([2, 4]);
const IDR = 5;

/** What reads slice headers: the codec, which knows the parameter sets. */
export type H264SliceSource = {
  readSlice(data: Uint8Array, start: number, end: number): H264SliceHeader | undefined;
};

/**
 * Follows frame_num, which counts reference pictures (H.264 7.4.3): a step of more than one is a
 * reference picture that did not come. Pictures that no other refers to leave no gap.
 */
export class H264References implements References {
  entry: PictureEntry = 'unknown';
  isReference = true;
  readonly isSkippable = false;
  readonly #source: H264SliceSource;
  #isRead = false;
  #sps: H264Sps | undefined;
  #frameNum = 0;
  #clearsReferences = false;
  /** Of the accepted pictures: their sequence, and frame_num of the last reference picture. */
  #lastSps: H264Sps | undefined;
  #lastFrameNum: number | undefined;

  constructor(source: H264SliceSource) {
    this.#source = source;
  }

  get numberRange(): number {
    return this.#sps?.maxFrameNum ?? 0;
  }

  look(data: Uint8Array, start: number, end: number, recovery: RecoveryPoint | undefined): void {
    const header = data[start] ?? 0;
    this.isReference = (header & 0x60) !== 0;
    const slice = this.#source.readSlice(data, start, end);
    this.#isRead = slice !== undefined;
    if (slice !== undefined) {
      this.#sps = slice.sps;
      this.#frameNum = slice.frameNum;
      this.#clearsReferences = slice.clearsReferences;
    }
    if ((header & 0x1f) === IDR) this.entry = 'closed';
    else if (recovery !== undefined) this.entry = recovery;
    else if (slice === undefined) this.entry = 'unknown';
    else this.entry = INTRA_SLICES.has(slice.sliceType % 5) ? 'intra' : 'inter';
  }

  check(): Continuity {
    const [sps, last] = [this.#sps, this.#lastFrameNum];
    if (!this.#isRead || sps === undefined) return 'unknown';
    if (this.#lastSps !== undefined && !isSame(this.#lastSps, sps)) return 'gap';
    if (last === undefined) return 'unknown';
    const step = (this.#frameNum - last + sps.maxFrameNum) % sps.maxFrameNum;
    if (step <= 1) return 'continues';
    return sps.allowsFrameNumGaps ? 'skips' : 'gap';
  }

  accept(): void {
    if (!this.#isRead) {
      this.#lastFrameNum = undefined;
      return;
    }
    this.#lastSps = this.#sps;
    if (this.isReference) this.#lastFrameNum = this.#clearsReferences ? 0 : this.#frameNum;
  }

  inherit(from: References): void {
    if (!(from instanceof H264References)) return;
    this.#lastSps = from.#lastSps;
    this.#lastFrameNum = from.#lastFrameNum;
  }
}

/** A sequence keeps its SPS to its end; the same one may come again, also in other caps. */
function isSame(a: H264Sps, b: H264Sps): boolean {
  return a === b || isDeepStrictEqual(a, b);
}
