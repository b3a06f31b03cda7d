import type { NalSplitter } from '../../media/pieces/nal-splitter.ts';
import { FrameFlag } from '../wire/wire.ts';
import type { FrameMessage, TakeAccessUnit } from './access-units.ts';

/** Parameter sets and SEI in a buffer of their own are shorter. */
const MAX_LEADING_BYTES = 2_048;
/** So many wait for a picture; where none comes, they go on without one. */
const MAX_HELD = 64;
/** Flags that say something about the picture behind it too. */
const LASTING_FLAGS = FrameFlag.discontinuity | FrameFlag.afterDrop;

/**
 * Puts parameter sets, delimiters and SEI that come in buffers of their own in front of the next
 * picture, as the caps (alignment=au) have promised. They often have the picture's time, which
 * would look as if it came twice.
 */
export class LeadingUnits {
  /** Of the newest caps. */
  splitter: NalSplitter;
  readonly #take: TakeAccessUnit;
  #held: Buffer[] = [];
  #flags = 0;
  #position = 0;

  constructor(splitter: NalSplitter, take: TakeAccessUnit) {
    this.splitter = splitter;
    this.#take = take;
  }

  /** Takes the next buffer. A promise: its bytes must stay until that is settled. */
  push(message: FrameMessage): Promise<void> | undefined {
    const data = message.payload;
    const hasRoom = this.#held.length < MAX_HELD;
    if (hasRoom && data.length <= MAX_LEADING_BYTES && this.splitter.isLeading(data)) {
      if (this.#held.length === 0) this.#position = message.position;
      this.#held.push(Buffer.from(data));
      this.#flags |= message.flags & LASTING_FLAGS;
      return undefined;
    }
    if (this.#held.length === 0) return this.#take(message);
    const payload = Buffer.concat([...this.#held, data]);
    const { track, ptsNs, dtsNs, durationNs, monotonicNs } = message;
    const flags = message.flags | this.#flags;
    const position = this.#position;
    this.#held = [];
    this.#flags = 0;
    return this.#take({
      ...{ track, flags, ptsNs, dtsNs, durationNs, monotonicNs, position, payload },
    });
  }

  /** Where the units that wait begin; Infinity when none does. */
  get heldFrom(): number {
    return this.#held.length === 0 ? Number.POSITIVE_INFINITY : this.#position;
  }
}
