import type { PictureOrder } from '../../media/codec/picture.ts';

/** No decoder keeps more pictures back (H.264 A.3.1, H.265 A.4.2): no picture moves further. */
const MAX_MOVE = 16;
/** After so many pictures what they have in common is not an accident. */
const ENOUGH_PICTURES = 4;

/** What was only seen when pictures had been placed otherwise. */
export type OrderDoubt =
  /** Counts grow by more or by less from picture to picture than with most encoders. */
  | 'other-steps'
  /** Pictures that follow a key frame are shown before it, where none were expected. */
  | 'leading-pictures';

/**
 * How far each picture is from its place in the order of decoding, in the unit of its counts. What
 * has not come yet is not known; so a picture that leaves places free is taken to be followed by
 * the pictures that belong there. Places that are still free when the next one goes ahead stay
 * free: their pictures were lost.
 */
export class PictureSequence {
  readonly #doubt: (doubt: OrderDoubt) => void;
  /** Count of the first picture; undefined until there was one to begin with. */
  #first: number | undefined;
  /** Counts of the pictures so far in the order of decoding. */
  #decoded = 0;
  /** The same without those in front of the first, and with those that were lost. */
  #filled = 0;
  #lost = 0;
  /** Of the picture that is shown last. */
  #last = 0;
  #lastStep = 0;
  #pictures = 0;
  /** Greatest common divisor of all distances. */
  #divisor = 0;
  /** Steps of this stream in terms of those of most encoders. */
  #scale = 1;
  /** Counts in front of the first picture: in this sequence, and in the one before. */
  #leading = 0;
  #expectedLeading = 0;
  /** There was a sequence before this one. */
  #isContinued = false;
  /** B-frames were seen where the stream says there are none. */
  #reorders = false;

  constructor(doubt: (doubt: OrderDoubt) => void) {
    this.#doubt = doubt;
  }

  /** The distance of the next picture, in steps as `order.step` counts them. */
  place(order: PictureOrder): number {
    if (order.restarts || (this.#first === undefined && order.isIntra)) this.#restart(order);
    if (this.#first === undefined) return 0;
    const at = order.count - this.#first;
    if (order.field === 'none') this.#fitSmallerSteps(order, at);
    if (at < 0) this.#noteLeading(-at);
    else if (at >= this.#last) this.#closeGaps(order);
    else this.#reorders = true;
    const step = order.step * this.#scale;
    let moved = at - this.#lost - this.#decoded;
    if (Math.abs(moved) > MAX_MOVE * step) {
      this.#lost += moved;
      moved = 0;
    }
    this.#decoded += step;
    if (at >= 0) this.#filled += step;
    if (at >= this.#last) {
      this.#last = at;
      this.#lastStep = order.step;
    }
    this.#pictures += 1;
    if (!order.mayReorder && !this.#reorders) return 0;
    return (moved + this.#expectedLeading) / this.#scale;
  }

  #restart(order: PictureOrder): void {
    this.#isContinued = this.#first !== undefined;
    this.#first = order.count;
    this.#decoded = 0;
    this.#filled = 0;
    this.#lost = 0;
    this.#last = 0;
    this.#lastStep = 0;
    this.#pictures = 0;
    this.#divisor = 0;
    // In front of the very first picture nothing can be shown that was not told.
    this.#expectedLeading = this.#isContinued ? this.#leading : 0;
    this.#leading = 0;
  }

  /** An odd count where all should be even. */
  #fitSmallerSteps(order: PictureOrder, at: number): void {
    this.#divisor = gcd(this.#divisor, Math.abs(at));
    const step = order.step * this.#scale;
    if (this.#divisor === 0 || this.#divisor % step === 0) return;
    this.#rescale(gcd(this.#divisor, step) / step, order);
  }

  /** A picture comes behind all others while places between them are free. */
  #closeGaps(order: PictureOrder): void {
    const step = order.step * this.#scale;
    const free = this.#last + this.#lastStep * this.#scale - this.#filled;
    if (free <= 0 || order.field === 'second') return;
    if (this.#divisor >= 2 * step && this.#pictures >= ENOUGH_PICTURES) {
      this.#rescale(this.#divisor / step, order);
      return;
    }
    this.#lost += free;
    this.#filled += free;
  }

  #rescale(factor: number, { mayReorder }: PictureOrder): void {
    this.#scale *= factor;
    this.#decoded *= factor;
    this.#filled = this.#decoded;
    this.#lost = 0;
    if (this.#pictures > 1 && (mayReorder || this.#reorders)) this.#doubt('other-steps');
  }

  #noteLeading(counts: number): void {
    this.#leading = Math.max(this.#leading, counts);
    if (this.#leading > this.#expectedLeading && this.#isContinued) this.#doubt('leading-pictures');
  }
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}
