import { KvsError } from '../../errors/kvs-error.ts';
import type {
  CodecAdapter,
  TrackDescription,
  TrackFormat,
} from '../../media/codec/codec-adapter.ts';
import { createAdapter } from '../../media/create-adapter.ts';
import { checkDescription } from '../info/check.ts';
import type { Frame } from '../info/frame.ts';
import type { TrackInfo } from '../info/track-info.ts';
import { Decodability, type Verdict } from './decodability.ts';
import { PresentationTimes, type TimesDoubt } from './presentation-times.ts';
import { type TimelineOptions, TrackTimeline } from './track-timeline.ts';

/** A frame on its way from putFrame into the store. */
export type PendingFrame = {
  readonly track: Track;
  /** The adapter that was the track's when the frame came. */
  readonly adapter: CodecAdapter;
  readonly ptsNs: bigint;
  readonly dtsNs: bigint;
  readonly durationNs: bigint;
  /**
   * Its place among the other tracks' frames: DTS, moved so that key frames are at their PTS.
   * Sound that is heard before a picture is then stored before it, in the fragment before.
   */
  readonly orderNs: bigint;
  readonly epoch: number;
  readonly isKeyFrame: boolean;
  readonly isDiscontinuity: boolean;
  readonly isDiscardable: boolean;
  readonly isInvisible: boolean;
  readonly isCorrupted: boolean;
  readonly isAfterLoss: boolean;
  readonly arrivedMs: number;
  /** Where its caller has it; Infinity where nobody said. */
  readonly position: number;
  /** Monotonic ms when it was put. */
  readonly putMs: number;
  /** The caller's bytes, or ours if they are kept beyond the call. */
  data: Uint8Array;
  /** The pooled buffer that `data` is in, if it is ours. */
  copy: Buffer | undefined;
  /** Whether it can be decoded; decided once, however often the store has no room for it. */
  verdict: Verdict | undefined;
  /** Stored or left out. */
  isDone: boolean;
  /** Resolves the promise that putFrame returned for this frame, if it did. */
  settle: ((error?: Error) => void) | undefined;
};

/**
 * Whether the interleaver waits for a track.
 * expected: nothing came yet; flowing: frames come; silent: none came for too long;
 * ended: none will come.
 */
export type TrackFlow = 'expected' | 'flowing' | 'silent' | 'ended';

/** What a track has from its stream. */
export type TrackOptions = {
  readonly timeline: TimelineOptions;
  readonly nalAdaptationFlags: number | undefined;
  /** Presentation times could not be derived, or not all of them. */
  readonly doubt: (track: Track, doubt: TimesDoubt) => void;
};

/** One track of a stream: its adapter, its timeline, and its frames that wait for the others. */
export class Track {
  readonly id: number;
  kind: 'video' | 'audio' | 'other';
  /** What adapts the frames that come now. */
  adapter: CodecAdapter | undefined;
  readonly timeline: TrackTimeline;
  readonly decodability: Decodability = new Decodability();
  /** The adapter of the frame that was judged last. */
  judgedAdapter: CodecAdapter | undefined;
  flow: TrackFlow = 'expected';
  /** Not of the stream any more: what waits of it is still packaged. */
  isRemoved = false;
  /** Nothing comes before this time (gap). */
  progressNs: bigint | undefined;
  progressEpoch = 0;
  /** Monotonic ms of its last frame. */
  lastPutMs = Number.NEGATIVE_INFINITY;
  /** PTS of its last packaged frame. */
  lastPackagedNs: bigint | undefined;
  /** Its frames wait for the next fragment, whose session will have the track. */
  isParked = false;
  readonly queue: PendingFrame[] = [];
  queuedBytes = 0;
  /** Added to its times where they are far from the leading track's. */
  rebaseNs = 0n;
  /** PTS minus DTS of its last key frame. */
  reorderNs = 0n;
  /** Where the caller has the last key frame that was packaged. */
  keyPosition: number = Number.POSITIVE_INFINITY;
  readonly #options: TrackOptions;
  #info: TrackInfo;
  #description: TrackDescription | undefined;
  /** Only where frames came without a presentation time. */
  #presentation: PresentationTimes | undefined;
  #hasBegun = false;
  #lacksTimes = false;

  constructor(info: TrackInfo, options: TrackOptions) {
    this.id = info.trackId;
    this.kind = info.kind ?? 'other';
    this.#info = info;
    this.timeline = new TrackTimeline(options.timeline);
    this.#options = options;
    if (info.description !== undefined) this.#describeFirst(info.description);
  }

  /** Raw AAC whose configuration comes with start() later: until then it has no adapter. */
  #describeFirst(description: TrackDescription): void {
    try {
      this.describe(description);
    } catch (error) {
      const isIncomplete =
        error instanceof KvsError &&
        error.code === 'STATUS_MKV_INVALID_AAC_CPD' &&
        description.codecData === undefined;
      if (!isIncomplete) throw error;
      this.#describeAs(description);
    }
  }

  /** From where the caller has what is needed to put this frame again: its key frame, if need be. */
  neededFor(frame: PendingFrame, isKeyFrame: boolean): number {
    const stands = isKeyFrame || this.kind !== 'video';
    return stands ? frame.position : Math.min(frame.position, this.keyPosition);
  }

  get info(): TrackInfo {
    return this.#info;
  }

  /** The track that was removed is part of the stream again. */
  rejoin(info: TrackInfo): void {
    this.#info = info;
    this.isRemoved = false;
    this.rebaseNs = 0n;
    if (info.description !== undefined) this.describe(info.description);
  }

  /** Nothing of it comes any more, and nothing waits. */
  get isAtEnd(): boolean {
    return this.flow === 'ended' && this.queue.length === 0;
  }

  get description(): TrackDescription | undefined {
    return this.#description;
  }

  /** What comes from now on is of this kind. @throws KvsError as checkDescription, createAdapter. */
  describe(description: TrackDescription): void {
    if (this.#description !== undefined && sameDescription(this.#description, description)) return;
    checkDescription(this.id, description);
    const flags = this.#options.nalAdaptationFlags;
    this.adapter = createAdapter(description, {
      ...(flags === undefined ? {} : { nalAdaptationFlags: flags }),
      ...(this.adapter === undefined ? {} : { before: this.adapter }),
    });
    this.#describeAs(description);
    this.#presentation?.describe(description);
  }

  #describeAs(description: TrackDescription): void {
    this.#description = description;
    this.kind = description.kind;
  }

  /**
   * The frame's presentation time; where the source gave a decoding time only, as the pictures'
   * own order has it. Call once per frame, in order.
   */
  presentationNs(frame: Frame): bigint | undefined {
    const { ptsNs, dtsNs = ptsNs } = frame;
    if (dtsNs === undefined || this.#description === undefined) return ptsNs;
    const isFirst = !this.#hasBegun;
    this.#hasBegun = true;
    this.#lacksTimes ||= ptsNs === undefined;
    // A parser may know the first frame's time, and none of those behind it.
    if (this.#lacksTimes || isFirst) this.#presentation ??= this.#orderOf(this.#description);
    else this.#presentation = undefined;
    return this.#presentation === undefined ? ptsNs : this.#presentation.next(frame, dtsNs);
  }

  #orderOf(description: TrackDescription): PresentationTimes | undefined {
    const { timeline, doubt } = this.#options;
    // Frames that had a time may have brought the parameter sets already.
    const codecData = this.adapter?.format?.codecPrivate ?? description.codecData;
    const known = codecData === undefined ? description : { ...description, codecData };
    return PresentationTimes.of(known, timeline.defaultIntervalNs, (what) => doubt(this, what));
  }

  /** Nothing of the track comes before `untilNs` any more. */
  progress(untilNs: bigint, epoch: number): void {
    if (epoch > this.progressEpoch || this.progressNs === undefined || untilNs > this.progressNs) {
      this.progressNs = untilNs;
    }
    this.progressEpoch = epoch;
  }

  /** The KVS content type, as far as it is known. */
  get contentType(): string {
    const { contentType, mediaType = '' } = this.#description ?? {};
    return (
      this.adapter?.format?.contentType ?? contentType ?? CONTENT_TYPES[mediaType] ?? mediaType
    );
  }
}

/** What a track is that nothing was said of but its kind. @param mediaType if it is known */
export function assumedDescription(info: TrackInfo, mediaType?: string): TrackDescription {
  return info.kind === 'audio'
    ? { kind: 'audio', mediaType: mediaType ?? 'audio/aac', streamFormat: 'raw' }
    : { kind: 'video', mediaType: mediaType ?? 'video/h264' };
}

/** GStreamer media types whose KVS content type has another name. */
const CONTENT_TYPES: Readonly<Record<string, string>> = {
  'video/x-h264': 'video/h264',
  'video/x-h265': 'video/h265',
  'audio/mpeg': 'audio/aac',
  'audio/x-alaw': 'audio/alaw',
  'audio/x-mulaw': 'audio/mulaw',
};

/** True when two formats make the same TrackEntry. */
export function sameFormat(a: TrackFormat, b: TrackFormat): boolean {
  return (
    a === b ||
    (a.kind === b.kind &&
      a.codecId === b.codecId &&
      a.contentType === b.contentType &&
      a.width === b.width &&
      a.height === b.height &&
      a.samplingFrequencyHz === b.samplingFrequencyHz &&
      a.channels === b.channels &&
      a.bitDepth === b.bitDepth &&
      sameBytes(a.codecPrivate, b.codecPrivate))
  );
}

function sameDescription(a: TrackDescription, b: TrackDescription): boolean {
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]) as Set<keyof TrackDescription>;
  keys.delete('codecData');
  for (const key of keys) if (a[key] !== b[key]) return false;
  return sameBytes(a.codecData, b.codecData);
}

function sameBytes(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return Buffer.compare(a, b) === 0;
}
