import type { NalPlace } from '../../media/pieces/nal-places.ts';
import type { NalSplitter } from '../../media/pieces/nal-splitter.ts';
import type { ElementMessageView } from '../wire/element-reader.ts';
import { FrameFlag } from '../wire/wire.ts';

/** A frame message: a whole access unit, or with alignment=nal a piece of one. */
export type FrameMessage = Pick<
  ElementMessageView,
  'track' | 'flags' | 'ptsNs' | 'dtsNs' | 'durationNs' | 'monotonicNs' | 'position' | 'payload'
>;

/** Takes an access unit, whose bytes stay until the promise it returned, if any, is settled. */
export type TakeAccessUnit = (unit: FrameMessage) => Promise<void> | undefined;

/** Flags that one piece has and the whole must have. */
const LASTING_FLAGS =
  FrameFlag.discontinuity | FrameFlag.afterDrop | FrameFlag.corrupted | FrameFlag.invisible;
/** Flags of a piece in mid-picture that say that a piece in front of it is missing. */
const LOSS_FLAGS = FrameFlag.discontinuity | FrameFlag.afterDrop;

/** The access unit that is being put together. Its memory is used again for the next. */
class AccessUnit implements FrameMessage {
  track = 0;
  flags = 0;
  ptsNs: bigint | undefined;
  dtsNs: bigint | undefined;
  durationNs = 0n;
  monotonicNs = 0n;
  position = 0;
  hasPicture = false;
  hasFirstSlice = false;
  #bytes: Buffer = Buffer.alloc(0);
  #length = 0;

  get isEmpty(): boolean {
    return this.#length === 0;
  }

  get payload(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  clear(): void {
    this.#length = 0;
    this.flags = 0;
    this.ptsNs = undefined;
    this.dtsNs = undefined;
    this.durationNs = 0n;
    this.hasPicture = false;
    this.hasFirstSlice = false;
  }

  append(piece: FrameMessage, data: Buffer): void {
    if (this.isEmpty) {
      this.track = piece.track;
      this.monotonicNs = piece.monotonicNs;
      this.position = piece.position;
    }
    this.#takeTimes(piece);
    const length = this.#length + data.length;
    if (length > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(length, 2 * this.#bytes.length));
      this.#bytes.copy(larger, 0, 0, this.#length);
      this.#bytes = larger;
    }
    data.copy(this.#bytes, this.#length);
    this.#length = length;
  }

  /** The picture's time is its first slice's, or else that of the first piece that has one. */
  #takeTimes({ ptsNs, dtsNs, durationNs }: FrameMessage): void {
    if (ptsNs !== undefined && (this.ptsNs === undefined || !this.hasPicture)) {
      this.ptsNs = ptsNs;
      this.dtsNs = dtsNs;
    } else if (this.ptsNs === undefined) {
      this.dtsNs ??= dtsNs;
    }
    if (durationNs > this.durationNs) this.durationNs = durationNs;
  }
}

/**
 * Gathers the NAL units of a track with alignment=nal to access units. One ends with the buffer
 * that has the MARKER flag, so that a live source waits for nothing; where no flag tells, with the
 * first NAL unit that can only belong to the next picture (H.264 7.4.1.2.3, H.265 7.4.2.4.4).
 */
export class AccessUnits {
  readonly #splitter: NalSplitter;
  readonly #take: TakeAccessUnit;
  readonly #unit = new AccessUnit();
  /** Some cameras set the marker on every packet; one such picture is enough to see it. */
  #trustsMarker = true;
  #endedByMarkerAtNs: bigint | undefined;

  constructor(splitter: NalSplitter, take: TakeAccessUnit) {
    this.#splitter = splitter;
    this.#take = take;
  }

  /** Takes the next piece. A promise: its bytes must stay until that is settled. */
  push(piece: FrameMessage): Promise<void> | undefined {
    const data = piece.payload;
    const count = this.#splitter.split(data);
    const first = count === 0 ? 'trailing' : this.#splitter.place(data, 0);
    const begins = this.#begins(piece, first);
    // h264parse marks every slice of its first picture: what the picture began with says nothing.
    const isGap = (piece.flags & LOSS_FLAGS & ~this.#unit.flags) !== 0;
    if (this.#unit.hasPicture && isGap) {
      // Where the piece begins a picture, the end of the one before may be what is missing: only
      // what the bridge dropped is sure to be.
      const isSure = !begins || (piece.flags & FrameFlag.afterDrop) !== 0;
      if (isSure) this.#unit.flags |= FrameFlag.corrupted;
    }
    const wait = begins ? this.finish() : undefined;
    // No other piece comes meanwhile: what the splitter found still holds.
    return wait === undefined ? this.#add(piece, count) : wait.then(() => this.#add(piece, count));
  }

  /** Nothing more will come: what there is, is the last access unit. */
  finish(): Promise<void> | undefined {
    if (this.#unit.isEmpty) return undefined;
    const { hasPicture, hasFirstSlice } = this.#unit;
    // The core leaves it out, with all that refers to it, and counts it.
    if (hasPicture && !hasFirstSlice) this.#unit.flags |= FrameFlag.corrupted;
    const wait = this.#take(this.#unit);
    if (wait === undefined) {
      this.#unit.clear();
      return undefined;
    }
    return wait.finally(() => this.#unit.clear());
  }

  /** Where the pieces that wait begin; Infinity when none does. */
  get heldFrom(): number {
    return this.#unit.isEmpty ? Number.POSITIVE_INFINITY : this.#unit.position;
  }

  /** Forgets what has not ended. */
  discard(): void {
    this.#unit.clear();
  }

  #begins({ ptsNs }: FrameMessage, first: NalPlace): boolean {
    const unit = this.#unit;
    if (!unit.hasPicture) return false;
    const bothTimed = ptsNs !== undefined && unit.ptsNs !== undefined;
    if (bothTimed && ptsNs !== unit.ptsNs) return true;
    // rtph264pay repeats parameter sets in front of every slice of a key frame.
    if (first === 'leading') return !bothTimed;
    return first === 'delimiter' || first === 'first-slice';
  }

  /** @param count NAL units that the splitter found in the piece. */
  #add(piece: FrameMessage, count: number): Promise<void> | undefined {
    const unit = this.#unit;
    const data = piece.payload;
    unit.append(piece, data);
    unit.flags |= piece.flags & LASTING_FLAGS;
    for (let i = 0; i < count; i += 1) {
      const place = this.#splitter.place(data, i);
      if (place === 'first-slice' || place === 'further-slice') this.#addSlice(piece, place);
    }
    if ((piece.flags & FrameFlag.lastPiece) === 0 || !unit.hasPicture || !this.#trustsMarker) {
      return undefined;
    }
    this.#endedByMarkerAtNs = unit.ptsNs;
    return this.finish();
  }

  #addSlice({ flags }: FrameMessage, place: NalPlace): void {
    const unit = this.#unit;
    if (place === 'first-slice') {
      unit.hasFirstSlice = true;
    } else if (!unit.hasPicture && unit.ptsNs !== undefined) {
      this.#trustsMarker &&= unit.ptsNs !== this.#endedByMarkerAtNs;
    }
    if (!unit.hasPicture) unit.flags |= flags & FrameFlag.discardable;
    unit.flags |= flags & FrameFlag.keyFrame;
    unit.hasPicture = true;
  }
}
