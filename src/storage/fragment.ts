import { constants } from 'node:buffer';
import type { AckLevel, FragmentStart, SessionFormat, StoredFragment } from './stored-fragment.ts';

/** V8's objects are made of words, which are half as long on 32 bit. */
const WORD_BYTES = constants.MAX_LENGTH < 2 ** 31 ? 4 : 8;

/** Heap bytes of a fragment's object with an empty list of chunks, and of one entry of a list. */
const OBJECT_BYTES = 67 * WORD_BYTES;
const LIST_BYTES = 22 * WORD_BYTES;
const ENTRY_BYTES = WORD_BYTES;

/** Where a fragment is in its life; its memory is given back when it is gone and not pinned. */
export type FragmentLife = 'held' | 'settled' | 'dropped' | 'spooled';

/**
 * A fragment of a view and the chunks that its bytes are in. Only the view changes it; everybody
 * else sees it as a StoredFragment.
 */
export class HeldFragment implements StoredFragment {
  readonly index: number;
  format: SessionFormat;
  timecode: bigint;
  startNs: bigint;
  readonly arrivedMs: number;
  endNs: bigint;
  byteLength = 0;
  frameCount = 0;
  complete = false;
  endsWithEofr = false;
  ack: AckLevel = 'none';
  isInFlight = false;
  wasReceived = false;
  /** From where the caller has its frames, and its own metadata; Infinity where nobody said. */
  framesFrom: number = Number.POSITIVE_INFINITY;
  metadataFrom: number;

  life: FragmentLife = 'held';
  pins = 0;
  /** Settled before it was complete: goes when it is. */
  settleWhenComplete = false;
  /** Chunks in order; the first may be shared with the fragment before, the last with the next. */
  readonly chunks: number[] = [];
  /** Where the fragment's first byte is in its first chunk. */
  firstOffset = 0;
  /** End of what was read last; after a roll-back it is small again. */
  readEnd = 0;
  /** End offset of each frame, kept only where single frames may be dropped. */
  frameEnds: number[] | undefined;
  /** Bytes in front of the cluster timecode's; undefined where nobody said. */
  readonly timecodeOffset: number | undefined;
  /** The uploader has begun with it: it may be at the service. */
  wasTaken = false;
  /** Memory was given back. */
  released = false;

  constructor(index: number, start: FragmentStart) {
    this.index = index;
    this.format = start.format;
    this.timecode = start.timecode;
    this.startNs = start.startNs;
    this.endNs = start.startNs;
    this.arrivedMs = start.arrivedMs;
    this.metadataFrom = start.metadataFrom ?? Number.POSITIVE_INFINITY;
    this.timecodeOffset = start.timecodeOffset;
  }

  get durationNs(): bigint {
    return this.endNs - this.startNs;
  }

  /** Heap bytes of the fragment's own structures, its data not counted (measured, V8). */
  get structureBytes(): number {
    const frames =
      this.frameEnds === undefined ? 0 : LIST_BYTES + this.frameEnds.length * ENTRY_BYTES;
    return OBJECT_BYTES + this.chunks.length * ENTRY_BYTES + frames;
  }
}
