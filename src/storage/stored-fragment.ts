import type { MatroskaHeader } from '../matroska/header.ts';
import type { ByteSink } from '../media/codec/codec-adapter.ts';

/**
 * The Matroska header that a fragment needs in front of it. Fragments that share the object may
 * follow each other in one PutMedia session; a fragment with another object needs a new session.
 */
export type SessionFormat = {
  /** What it was made from; of one that was read from a disk, what is needed. */
  readonly header: Partial<MatroskaHeader> & Pick<MatroskaHeader, 'timecodeScaleNs'>;
  /** The encoded header, ready to be sent. */
  readonly headerBytes: Uint8Array;
  /** Epoch milliseconds to send as x-amzn-producer-start-timestamp for RELATIVE timecodes. */
  readonly producerStartMs?: number;
};

/** What the service said of a fragment; only ever goes up within one session. */
export type AckLevel = 'none' | 'buffering' | 'received' | 'persisted';

/** One fragment in a view. Written by the producer side, read and settled by the uploader. */
export type StoredFragment = {
  /** Counts up by one per fragment of the view, from 0. */
  readonly index: number;
  /** May become another one as long as it is open. */
  readonly format: SessionFormat;
  /** Cluster timecode in timecode-scale units, as it is on the wire and in the acks. */
  readonly timecode: bigint;
  /** Presentation time of the first frame, epoch or media nanoseconds. */
  readonly startNs: bigint;
  /** End of the last frame seen so far (PTS + duration). */
  readonly endNs: bigint;
  /** Bytes committed so far. */
  readonly byteLength: number;
  readonly frameCount: number;
  /** Monotonic ms when its first frame entered the producer (for latency). */
  readonly arrivedMs: number;
  /** No byte will be added any more. */
  readonly complete: boolean;
  /** Its bytes end with the END_OF_FRAGMENT tag, so the service need not wait for the next one. */
  readonly endsWithEofr: boolean;
  ack: AckLevel;
  /** The service said once that it has all of it; what came of that session does not matter. */
  readonly wasReceived: boolean;
  /** All of it is with the kernel, for a session that may acknowledge it yet. Set by the uploader. */
  isInFlight: boolean;
};

/** Why a fragment left the view without having been settled. */
export type DropReason =
  | 'storage-full'
  | 'buffer-duration'
  | 'rejected'
  | 'reset'
  /** The spool has no room left for older ones. */
  | 'spool-full'
  | 'spool-duration'
  /** What the spool has kept of it cannot be read any more. */
  | 'spool-damaged'
  /** There was no room for it any more; the service had received it and not said that it keeps it. */
  | 'not-persisted';

/**
 * The uploader's side of one stream's view over the content store: an ordered row of fragments,
 * oldest first, the newest possibly still growing.
 */
export type FragmentSource = {
  /** Oldest fragment still held. */
  readonly oldest: StoredFragment | undefined;
  readonly newest: StoredFragment | undefined;
  /** The fragment with this index, if it is still held. */
  get(index: number): StoredFragment | undefined;
  /** The first held fragment with an index >= `index`. */
  firstFrom(index: number): StoredFragment | undefined;
  /**
   * The next contiguous committed bytes of the fragment from `offset`, at most `maxBytes`;
   * undefined when there are none yet, or when the fragment was dropped. A view into the store:
   * stable until the fragment is settled or dropped, and while it is pinned.
   */
  read(fragment: StoredFragment, offset: number, maxBytes: number): Uint8Array | undefined;
  /** Keeps the fragment's memory in place even when it is dropped. Counts; pair with unpin. */
  pin(fragment: StoredFragment): void;
  unpin(fragment: StoredFragment): void;
  /** Marks the fragment as done, also one that was dropped in flight; releases what is settled. */
  settle(fragment: StoredFragment): void;
  /** The service has said that it has all of the fragment: such fragments are dropped first. */
  markReceived(fragment: StoredFragment): void;
  /** Gives the fragment up (an error ack that makes sending it again pointless). */
  reject(fragment: StoredFragment, reason: DropReason): void;
  /**
   * The session that had all of the fragment is over and has not settled it. If the store had to
   * drop it meanwhile, it counts as dropped from now on.
   */
  abandon(fragment: StoredFragment): void;
  /**
   * Fragments from this index on go before older ones, which follow beside them; undefined: in
   * their order.
   */
  readonly liveFrom?: number | undefined;
  /** Called whenever bytes were committed, a fragment was completed, begun or dropped. */
  onChange: (() => void) | undefined;
};

/** A fragment as it begins. */
export type FragmentStart = {
  readonly format: SessionFormat;
  readonly timecode: bigint;
  readonly startNs: bigint;
  readonly arrivedMs: number;
  /** Where its caller has the metadata in front of it that goes with no other; absent: there is none. */
  readonly metadataFrom?: number;
  /** Where the eight bytes of the cluster timecode will be: only then it can be corrected. */
  readonly timecodeOffset?: number;
};

/** A fragment as it ends. */
export type FragmentEnd = {
  readonly endsWithEofr: boolean;
  /** Where its caller has the metadata in it that goes with no other; absent: there is none. */
  readonly metadataFrom?: number;
  /** The header that it needs after all; absent: the one that it began with. */
  readonly format?: SessionFormat;
};

/** A frame that is in its fragment as a whole. */
export type CommittedFrame = {
  readonly endNs: bigint;
  readonly ptsNs: bigint;
  readonly dtsNs: bigint;
  readonly isKeyFrame: boolean;
  /** From where its caller has what is needed to put it again. */
  readonly neededFrom?: number;
};

/** The producer's side of the same view: frames are packaged straight into the store. */
export type FragmentWriter = ByteSink & {
  /**
   * Makes room for `byteLength` more bytes, dropping the oldest fragments when the streaming type
   * allows it. False: there is no room and nothing may be dropped (offline); wait for `whenRoom`.
   * @throws KvsError STATUS_STORE_OUT_OF_MEMORY when it could never fit.
   */
  reserve(byteLength: number): boolean;
  /** Resolves when something was released since the last refused reserve. */
  whenRoom(): Promise<void>;
  /** Starts a fragment, completing the one before if it is still open. */
  begin(fragment: FragmentStart): void;
  /** Makes the bytes written since the last commit visible to the uploader, as one frame. */
  commit(frame: CommittedFrame): void;
  /** Ends the open fragment; bytes written since the last commit (an EOFR tag) belong to it. */
  complete(end: FragmentEnd): void;
};
