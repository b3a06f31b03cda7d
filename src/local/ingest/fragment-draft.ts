import { laceStep } from '../../matroska/lacing.ts';
import type { ReadBlock, ReadTrack } from '../../matroska/reader-handlers.ts';
import { clusterStart, SEGMENT_START } from '../fragments/fragment-elements.ts';
import type { NewFragment } from '../fragments/fragment-record.ts';
import { ByteList } from './byte-list.ts';

/** The headers of a PutMedia session: what every fragment needs in front of it. */
export type SessionHeader = {
  readonly ebml: Uint8Array;
  readonly info: Uint8Array;
  readonly tracks: Uint8Array;
  /** Tags elements about the file and its tracks. */
  readonly tags: readonly Uint8Array[];
  readonly timecodeScaleNs: number;
  readonly trackList: readonly ReadTrack[];
  /** Same for headers that describe the same tracks in the same timecode scale. */
  readonly formatId: string;
};

/** What is counted per track. */
type TrackCount = { frames: number; firstMs: number; lastMs: number };

/** What a fragment takes beside its bytes, measured with one frame in each. */
const OBJECTS_BYTES = 4 * 1024;

/** A frame of a fragment, and its time in epoch ms. */
export type DraftFrame = { readonly data: Uint8Array; readonly timestampMs: number };

/** A fragment while it is being received. */
export class FragmentDraft {
  readonly header: SessionHeader;
  readonly timecode: bigint;
  readonly number: string;
  /** Epoch ms of the cluster. */
  readonly startMs: number;
  readonly serverTimestampMs: number;
  readonly #tags: readonly Uint8Array[];
  readonly #blocks = new ByteList();
  readonly #counts = new Map<number, TrackCount>();
  #trailingTags: readonly Uint8Array[] = [];
  #isWhole = false;
  #frames = 0;
  #keyFrames = 0;
  #firstMs = Number.POSITIVE_INFINITY;
  #lastMs = Number.NEGATIVE_INFINITY;

  constructor(begin: {
    header: SessionHeader;
    timecode: bigint;
    number: string;
    startMs: number;
    serverTimestampMs: number;
    tags: readonly Uint8Array[];
  }) {
    this.header = begin.header;
    this.timecode = begin.timecode;
    this.number = begin.number;
    this.startMs = begin.startMs;
    this.serverTimestampMs = begin.serverTimestampMs;
    this.#tags = begin.tags;
  }

  get frames(): number {
    return this.#frames;
  }

  get byteLength(): number {
    return this.#blocks.byteLength;
  }

  /** Memory that it takes until it is on disk. */
  get heldBytes(): number {
    return OBJECTS_BYTES + this.#blocks.heldBytes;
  }

  /** From the earliest to the latest frame so far. */
  get spanMs(): number {
    return this.#frames === 0 ? 0 : this.#lastMs - this.#firstMs;
  }

  /** Epoch ms of the earliest frame of a track; undefined when it has none. */
  firstOf(track: number): number | undefined {
    return this.#counts.get(track)?.firstMs;
  }

  /** Epoch ms of the latest frame of a track. */
  lastOf(track: number): number | undefined {
    return this.#counts.get(track)?.lastMs;
  }

  /** Whether the cluster has ended, so that nothing but tags can follow. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  markWhole(): void {
    this.#isWhole = true;
  }

  /** Takes a block in; returns views of its frames that stay valid, and their times. */
  add(block: ReadBlock, track: ReadTrack, raw: Uint8Array): DraftFrame[] {
    const { timecodeScaleNs } = this.header;
    const copy = this.#blocks.append(raw);
    const step = laceStep(block, track, timecodeScaleNs);
    return [block.data, ...block.laced].map((frame, i) => {
      const timecode = block.relativeTimecode + i * step;
      const timestampMs = this.startMs + timecode * (timecodeScaleNs / 1e6);
      this.#count(block, timestampMs);
      const at = frame.byteOffset - raw.byteOffset;
      return { data: copy.subarray(at, at + frame.byteLength), timestampMs };
    });
  }

  #count(block: ReadBlock, timestampMs: number): void {
    const count = this.#counts.get(block.trackNumber);
    if (count === undefined) {
      this.#counts.set(block.trackNumber, {
        frames: 1,
        firstMs: timestampMs,
        lastMs: timestampMs,
      });
    } else {
      count.frames += 1;
      count.firstMs = Math.min(count.firstMs, timestampMs);
      count.lastMs = Math.max(count.lastMs, timestampMs);
    }
    this.#frames += 1;
    if (block.isKeyFrame) this.#keyFrames += 1;
    this.#firstMs = Math.min(this.#firstMs, timestampMs);
    this.#lastMs = Math.max(this.#lastMs, timestampMs);
  }

  /** Tags that came after the frames, together with the END_OF_FRAGMENT tag. */
  setTrailingTags(tags: readonly Uint8Array[]): void {
    this.#trailingTags = tags;
  }

  /** The fragment as it goes to disk. */
  finish(session: string): NewFragment {
    const { ebml, info, tracks, tags, trackList, formatId } = this.header;
    return {
      number: this.number,
      timecode: Number(this.timecode),
      producerTimestampMs: Math.round(this.startMs),
      serverTimestampMs: this.serverTimestampMs,
      durationMs: this.#durationMs(),
      frames: this.#frames,
      keyFrames: this.#keyFrames,
      tracks: trackList.map((track) => ({
        number: track.number,
        type: track.type,
        codecId: track.codecId,
        frames: this.#counts.get(track.number)?.frames ?? 0,
      })),
      formatId,
      session,
      head: [ebml, SEGMENT_START, info, tracks, ...tags, ...this.#tags],
      body: [
        clusterStart(this.timecode, this.#blocks.byteLength),
        ...this.#blocks.parts(),
        ...this.#trailingTags,
      ],
    };
  }

  /** Epoch ms; the last frame of a track lasts as long as the others did on average. */
  get endMs(): number {
    let end = this.#firstMs;
    for (const { frames, firstMs, lastMs } of this.#counts.values()) {
      const each = frames > 1 ? (lastMs - firstMs) / (frames - 1) : 0;
      end = Math.max(end, lastMs + each);
    }
    return end;
  }

  #durationMs(): number {
    return Math.max(0, Math.round(this.endMs - this.#firstMs));
  }
}
