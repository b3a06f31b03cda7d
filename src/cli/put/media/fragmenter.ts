import {
  BlockWriter,
  MAX_RELATIVE_TIMECODE,
  MIN_RELATIVE_TIMECODE,
  SIMPLE_BLOCK_HEADER_BYTES,
} from '../../../matroska/blocks.ts';
import { END_OF_FRAGMENT, encodeTags, type MatroskaTag } from '../../../matroska/tags.ts';
import {
  MAX_FRAGMENT_BYTES,
  MAX_FRAGMENT_NS,
  MIN_FRAGMENT_NS,
} from '../../../producer/packaging/boundary.ts';
import { UsedTimecodes } from '../../../producer/packaging/used-timecodes.ts';
import type { FragmentWriter } from '../../../storage/stored-fragment.ts';
import { type InputFrame, keptFrame } from './input-frame.ts';
import type { SentTrack, SessionHeader } from './session-header.ts';

/** KVS takes five fragments a second: shorter ones are joined even where the file divides them. */
const MIN_CLUSTER_NS = 200_000_000n;
/** Times are rounded, to ms mostly: a second may be a frame less. */
const ENOUGH_NS = MIN_FRAGMENT_NS - 50_000_000n;
/** How long a fragment goes on for a track that has no frame in it yet. */
const TRACK_WAIT_NS = 5_000_000_000n;
/** How much sound may come in front of the first picture that it is sent with. */
const MAX_LEAD_NS = 2_000_000_000n;
const MAX_LEAD_BYTES = 8 * 1024 * 1024;
/** A fragment without another key frame ends before the longest that KVS takes is reached. */
const SPLIT_NS = MAX_FRAGMENT_NS - 500_000_000n;
/** A track that does not lead ends a fragment later: the leading one goes first. */
const FOLLOWER_SPLIT_NS = MAX_FRAGMENT_NS - 100_000_000n;
/** Tags of a fragment. */
const MAX_TAGS = 10;
/** More than the tags of two fragments, a cluster's header and a block's have. */
const OVERHEAD_BYTES = 16 * 1024;
/** From here on a fragment ends where it can, before it must. */
const LARGE_FRAGMENT_BYTES = 0.8 * MAX_FRAGMENT_BYTES;

/** What the fragmenter needs of its surroundings. */
export type FragmenterContext = {
  readonly writer: FragmentWriter & { readonly open: { readonly byteLength: number } | undefined };
  /** Tags of each fragment. */
  readonly tags: readonly MatroskaTag[];
  /** What to add to the file's times, asked once, when the first is known. */
  readonly offsetNs: (firstPtsNs: bigint) => bigint;
  readonly monotonicMs: () => number;
};

/** What became of the frames. */
export type FragmenterCounts = {
  frames: number;
  /** In front of the first key frame, or between what is damaged and the next one. */
  undecodable: number;
  tooLarge: number;
  /** Above the ten of a fragment. */
  tags: number;
};

/** The fragment that is being written. */
type Open = {
  readonly timecode: bigint;
  readonly startNs: bigint;
  /** Less than the start where pictures are shown before the one that they refer to. */
  earliestNs: bigint;
  readonly present: Set<number>;
  readonly trailingTags: MatroskaTag[];
  tagCount: number;
};

/**
 * Divides a file's frames into fragments that PutMedia takes: each begins with a key frame of the
 * picture, lasts a second at least and ten at most, and has a header of the tracks that are in it.
 * The frames themselves, and their times but for a constant, stay what they are. The same file gives the
 * same fragments each time, which is what sending the rest of it later rests on.
 */
export class Fragmenter {
  readonly counts: FragmenterCounts = { frames: 0, undecodable: 0, tooLarge: 0, tags: 0 };
  readonly #context: FragmenterContext;
  readonly #blocks = new BlockWriter();
  readonly #used = new UsedTimecodes();
  #header: SessionHeader | undefined;
  #tracks = new Map<number, SentTrack>();
  #lead = 0;
  #offsetNs: bigint | undefined;
  #open: Open | undefined;
  /** Frames that wait for the picture that their fragment begins with. */
  #waiting: InputFrame[] = [];
  #waitingBytes = 0;
  /** Pictures that refer to others are of no use before the next key frame. */
  #needsKeyFrame = true;
  /** Tracks that have had frames so far. */
  readonly #delivered = new Set<number>();
  /** Of the track that leads. */
  #latestNs = -1n;
  #endNs = 0n;
  #lastTimecode = -1n;

  constructor(context: FragmenterContext) {
    this.#context = context;
  }

  /** End of what was taken, in the stream's time; 0 before the first frame. */
  get endNs(): bigint {
    return this.#endNs;
  }

  /** Bytes for which the writer must have room before a frame, or the end, is taken. */
  bytesFor(frame: InputFrame | undefined): number {
    return (frame?.data.length ?? 0) + this.#waitingBytes + OVERHEAD_BYTES;
  }

  /** The tracks that the next frames are of. */
  begin(header: SessionHeader): void {
    this.change(header);
    this.#needsKeyFrame = true;
  }

  /** The tracks become others, but what is decoded goes on. */
  change(header: SessionHeader): void {
    this.#complete();
    this.#header = header;
    this.#tracks = new Map(header.tracks.map((track) => [track.fileNumber, track]));
    this.#lead = header.tracks[0]?.number ?? 0;
    this.#delivered.clear();
  }

  /** Frames are missing here: what follows cannot be decoded before the next key frame. */
  gap(): void {
    this.#needsKeyFrame = true;
  }

  /** Takes the next frame; the writer has room for `bytesFor` it. Frames of other tracks are not sent. */
  take(frame: InputFrame): void {
    const track = this.#tracks.get(frame.track);
    if (track === undefined) return;
    if (frame.data.length > MAX_FRAGMENT_BYTES - OVERHEAD_BYTES) {
      this.counts.tooLarge += 1;
      if (track.number === this.#lead) this.#needsKeyFrame = true;
      return;
    }
    const isLead = track.number === this.#lead;
    if (isLead && this.#needsKeyFrame && !frame.isKeyFrame && track.isVideo) {
      this.counts.undecodable += 1;
      return;
    }
    if (isLead) this.#needsKeyFrame = false;
    if (this.#open === undefined && !isLead && this.#wait(frame)) return;
    this.#put(frame, track);
  }

  /** The file has ended. */
  finish(): void {
    // Sound without a picture.
    for (const frame of this.#waiting.splice(0)) {
      const track = this.#tracks.get(frame.track);
      if (track !== undefined) this.#put(frame, track);
    }
    this.#complete();
  }

  /** @returns false where the wait is over */
  #wait(frame: InputFrame): boolean {
    const firstNs = this.#waiting[0]?.ptsNs ?? frame.ptsNs;
    const isTooMuch = frame.ptsNs - firstNs > MAX_LEAD_NS || this.#waitingBytes > MAX_LEAD_BYTES;
    if (isTooMuch) return false;
    this.#waiting.push(keptFrame(frame));
    this.#waitingBytes += frame.data.length + SIMPLE_BLOCK_HEADER_BYTES;
    return true;
  }

  #put(frame: InputFrame, track: SentTrack): void {
    const [first] = this.#waiting;
    const isFirst = first === undefined || frame.ptsNs < first.ptsNs;
    this.#offsetNs ??= this.#context.offsetNs((isFirst ? frame : first).ptsNs);
    if (this.#begins(frame, track)) this.#begin(frame, track.number === this.#lead);
    else if (frame.tags.length > 0) this.#open?.trailingTags.push(...frame.tags);
    this.#write(frame, track);
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#waitingBytes = 0;
    for (const earlier of waiting) {
      const earlierTrack = this.#tracks.get(earlier.track);
      if (earlierTrack !== undefined) this.#write(earlier, earlierTrack);
    }
  }

  #timeOf(frame: InputFrame): bigint {
    return frame.ptsNs + (this.#offsetNs ?? 0n);
  }

  #begins(frame: InputFrame, { number, isVideo }: SentTrack): boolean {
    const open = this.#open;
    if (open === undefined) return true;
    const timeNs = this.#timeOf(frame);
    const bytes = (this.#context.writer.open?.byteLength ?? 0) + frame.data.length + OVERHEAD_BYTES;
    if (bytes > MAX_FRAGMENT_BYTES) return true;
    const relative = this.#unitsOf(timeNs) - open.timecode;
    if (relative > MAX_RELATIVE_TIMECODE || relative < MIN_RELATIVE_TIMECODE) return true;
    const elapsedNs = timeNs - open.startNs;
    const spanNs = timeNs - open.earliestNs;
    if (number !== this.#lead) return spanNs >= FOLLOWER_SPLIT_NS;
    if (frame.isKeyFrame && elapsedNs < 0n) return true;
    // Where the next fragment begins, everything before it has been shown.
    if (timeNs <= this.#latestNs) return false;
    if (spanNs >= SPLIT_NS || bytes > LARGE_FRAGMENT_BYTES) return true;
    if (isVideo && !frame.isKeyFrame) return false;
    const isLongEnough =
      elapsedNs >= ENOUGH_NS || (frame.startsCluster && elapsedNs >= MIN_CLUSTER_NS);
    return isLongEnough && (elapsedNs >= TRACK_WAIT_NS || this.#hasAll(open));
  }

  #hasAll({ present }: Open): boolean {
    for (const number of this.#delivered) if (!present.has(number)) return false;
    return true;
  }

  #begin(frame: InputFrame, isLead: boolean): void {
    const header = this.#header;
    if (header === undefined) return;
    this.#complete();
    if (isLead && this.#timeOf(frame) <= this.#latestNs) {
      // A file whose time begins anew within it, as joined ones do, goes on behind its first part.
      this.#offsetNs = this.#endNs - frame.ptsNs;
    }
    const startNs = this.#timeOf(frame);
    const units = this.#unitsOf(startNs);
    const timecode = units > this.#lastTimecode ? units : this.#lastTimecode + 1n;
    const { writer, tags, monotonicMs } = this.#context;
    const all = new Set(header.tracks.map(({ number }) => number));
    writer.begin({
      format: header.formatOf(all),
      timecode,
      startNs,
      arrivedMs: monotonicMs(),
    });
    this.#open = {
      timecode,
      startNs,
      earliestNs: startNs,
      present: new Set(),
      trailingTags: [],
      tagCount: 0,
    };
    if (isLead) this.#latestNs = startNs;
    this.#lastTimecode = timecode;
    this.#used.clear();
    this.#writeTags([...tags, ...frame.tags]);
    this.#blocks.writeClusterHeader(writer, timecode);
  }

  #write(frame: InputFrame, { number }: SentTrack): void {
    const open = this.#open;
    if (open === undefined) return;
    const { writer } = this.#context;
    const ptsNs = this.#timeOf(frame);
    const relative = Number(this.#unitsOf(ptsNs) - open.timecode);
    this.#blocks.writeSimpleBlockHeader(
      writer,
      number,
      this.#used.place(number, Math.max(relative, MIN_RELATIVE_TIMECODE)),
      frame,
      frame.data.length,
    );
    writer.write(frame.data, 0, frame.data.length);
    const endNs = ptsNs + frame.durationNs;
    writer.commit({ endNs, ptsNs, dtsNs: ptsNs, isKeyFrame: frame.isKeyFrame });
    open.present.add(number);
    if (ptsNs < open.earliestNs) open.earliestNs = ptsNs;
    this.#delivered.add(number);
    if (number === this.#lead && ptsNs > this.#latestNs) this.#latestNs = ptsNs;
    if (endNs > this.#endNs) this.#endNs = endNs;
    this.counts.frames += 1;
  }

  #complete(): void {
    const open = this.#open;
    if (open === undefined || this.#header === undefined) return;
    const { writer } = this.#context;
    this.#writeTags(open.trailingTags);
    writer.write(END_OF_FRAGMENT, 0, END_OF_FRAGMENT.length);
    writer.complete({ endsWithEofr: true, format: this.#header.formatOf(open.present) });
    this.#open = undefined;
    // A track that has stopped is not waited for again.
    for (const number of this.#delivered) {
      if (!open.present.has(number)) this.#delivered.delete(number);
    }
  }

  #writeTags(tags: readonly MatroskaTag[]): void {
    const open = this.#open;
    if (open === undefined || tags.length === 0) return;
    const taken = tags.slice(0, MAX_TAGS - open.tagCount);
    this.counts.tags += tags.length - taken.length;
    open.tagCount += taken.length;
    for (const tag of taken) {
      const bytes = encodeTags([tag]);
      this.#context.writer.write(bytes, 0, bytes.length);
    }
  }

  #unitsOf(timeNs: bigint): bigint {
    return timeNs / BigInt(this.#header?.timecodeScaleNs ?? 1_000_000);
  }
}
