import type { Retiming, TimeCorrection } from '../storage/time-correction.ts';
import type { SegmentCipher } from './cipher.ts';
import type { SpooledFragment } from './fragments.ts';
import type { FoundRecord } from './segment-reader.ts';

/** A segment file, and what is still wanted of it. */
export type Segment = {
  readonly sequence: number;
  readonly path: string;
  readonly cipher: SegmentCipher | undefined;
  byteLength: number;
  readonly entries: Set<Entry>;
};

/** Where a fragment is on the disk. */
export type StoredPlace = { readonly segment: Segment; readonly record: FoundRecord };

/** The times that a fragment's bytes were made with; its own may be set right meanwhile. */
export type OriginalTimes = Pick<SpooledFragment, 'format' | 'timecode' | 'startNs' | 'endNs'> & {
  /** The machine's start by the clock that they come from; undefined for another than its own. */
  readonly machineStartMs: number | undefined;
};

/** How a fragment's times were set right, altogether. */
export type Retimed = { readonly byNs: bigint; readonly startMs: number };

/** Where a spooled fragment's bytes are. */
export type Place =
  /** In memory: to be written, or being written. */
  | { readonly kind: 'queued'; readonly bytes: Buffer; readonly original: OriginalTimes }
  | { readonly kind: 'stored'; readonly at: StoredPlace }
  /** Being read. */
  | { readonly kind: 'loading'; readonly at: StoredPlace }
  | { readonly kind: 'loaded'; readonly at: StoredPlace; readonly bytes: Buffer }
  /** Settled or dropped. */
  | { readonly kind: 'gone' };

/** A clock, by what it shows for the moment at which the machine was started. */
export type StampClock = {
  /** Which start of the machine that was. */
  readonly startId: string;
  /** Epoch ms. */
  readonly startMs: number;
};

/** A fragment in the spool. */
export class Entry {
  readonly fragment: SpooledFragment;
  place: Place;
  pins = 0;
  /** Its first byte was given to a session that is still at it. */
  hasBegun = false;
  /** What its times were changed by since it was taken over, if they were. */
  retimed: Retimed | undefined;
  /** Of one that an earlier run has left: the clock that its times are by, if that is known. */
  clock: StampClock | undefined;
  /** It outlives what spool-sync says it must, and its source need not keep it. */
  isSafe = false;

  constructor(fragment: SpooledFragment, place: Place) {
    this.fragment = fragment;
    this.place = place;
  }

  /** @returns false for one that keeps its times */
  retime(retiming: Retiming, correction: TimeCorrection): boolean {
    if (!retiming.apply(this.fragment)) return false;
    const { byNs, startMs } = this.retimed ?? { byNs: 0n, startMs: 0 };
    this.retimed = { byNs: byNs + correction.byNs, startMs: startMs + correction.startMs };
    return true;
  }

  /** Somebody reads it: it must stay. */
  get isInUse(): boolean {
    return this.pins > 0 || this.place.kind === 'loading';
  }

  /** Its bytes, where they are in memory. */
  get bytes(): Buffer | undefined {
    return 'bytes' in this.place ? this.place.bytes : undefined;
  }

  /** Where it is on the disk, if it is there. */
  get at(): StoredPlace | undefined {
    return 'at' in this.place ? this.place.at : undefined;
  }
}
