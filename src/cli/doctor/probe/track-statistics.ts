import { KvsError } from '../../../errors/kvs-error.ts';
import { describeTrack, type FormatOverrides } from '../../../host/element/caps.ts';
import type { ElementMessageView } from '../../../host/wire/element-reader.ts';
import { FrameFlag, type GstCapsJson } from '../../../host/wire/wire.ts';
import type { CodecAdapter } from '../../../media/codec/codec-adapter.ts';
import { createAdapter } from '../../../media/create-adapter.ts';
import type { TrackReport } from './probe-report.ts';

/** Further back than any encoder reorders. */
const JUMP_NS = 2_000_000_000n;

/** profile_idc of H.264 (A.2) and general_profile_idc of H.265 (A.3). */
const H264_PROFILES: Readonly<Record<number, string>> = {
  66: 'Baseline',
  77: 'Main',
  88: 'Extended',
  100: 'High',
  110: 'High 10',
  122: 'High 4:2:2',
  244: 'High 4:4:4',
};
const H265_PROFILES: Readonly<Record<number, string>> = {
  1: 'Main',
  2: 'Main 10',
  4: 'Range Extensions',
};

type Frame = Pick<ElementMessageView, 'flags' | 'ptsNs' | 'monotonicNs' | 'payload'>;

/** Counts what one track delivers. */
export class TrackStatistics {
  readonly #element: string;
  readonly #track: number;
  readonly #overrides: FormatOverrides;
  #caps: GstCapsJson | undefined;
  #adapter: CodecAdapter | undefined;
  /** Of the access unit that has not come whole yet. */
  #pieces: Buffer[] = [];
  #frames = 0;
  #keyFrames = 0;
  #bytes = 0;
  #firstNs: bigint | undefined;
  /** The latest time that any frame has had. */
  #lastNs = 0n;
  #previousNs: bigint | undefined;
  #lastKeyNs: bigint | undefined;
  #longestKeyIntervalNs = 0n;
  #reordered = 0;
  #jumpsBack = 0;
  #withoutPts = 0;
  #unreadable: TrackReport['unreadable'];
  isLive = false;

  /** @param overrides what the element's properties say instead of the caps. */
  constructor(element: string, track: number, overrides: FormatOverrides = {}) {
    this.#element = element;
    this.#track = track;
    this.#overrides = overrides;
  }

  /** Takes the caps of what follows. */
  caps(caps: GstCapsJson): void {
    this.#caps = caps;
    try {
      this.#adapter = createAdapter(describeTrack(caps, 'other', this.#overrides));
    } catch (error) {
      this.#adapter = undefined;
      this.#unreadable ??= reasonOf(error);
    }
  }

  /** Takes an access unit, or a piece of one. Its bytes are not needed after the call. */
  frame(frame: Frame): void {
    if ((frame.flags & FrameFlag.piece) === 0) {
      this.#unit(frame, frame.payload);
      return;
    }
    this.#pieces.push(Buffer.from(frame.payload));
    if ((frame.flags & FrameFlag.lastPiece) === 0) return;
    const unit = Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#unit(frame, unit);
  }

  #unit({ flags, ptsNs, monotonicNs }: Frame, data: Buffer): void {
    this.#frames += 1;
    this.#bytes += data.length;
    if (ptsNs === undefined) this.#withoutPts += 1;
    const timeNs = ptsNs ?? monotonicNs;
    if (this.#previousNs !== undefined && timeNs < this.#previousNs) {
      if (this.#previousNs - timeNs > JUMP_NS) this.#jumpsBack += 1;
      else this.#reordered += 1;
    }
    this.#previousNs = timeNs;
    this.#firstNs ??= timeNs;
    if (timeNs > this.#lastNs) this.#lastNs = timeNs;
    if (this.#isKeyFrame(data, flags)) this.#keyFrame(timeNs);
  }

  #keyFrame(timeNs: bigint): void {
    this.#keyFrames += 1;
    const intervalNs = this.#lastKeyNs === undefined ? 0n : timeNs - this.#lastKeyNs;
    if (intervalNs > this.#longestKeyIntervalNs) this.#longestKeyIntervalNs = intervalNs;
    this.#lastKeyNs = timeNs;
  }

  /** The bitstream decides, as in the producer; the flag does where nobody reads the bytes. */
  #isKeyFrame(data: Buffer, flags: number): boolean {
    const isMarked = (flags & FrameFlag.keyFrame) !== 0;
    const adapter = this.#adapter;
    if (adapter === undefined) return isMarked;
    try {
      const { isRandomAccessPoint } = adapter.plan(data);
      return isRandomAccessPoint || (adapter.startsDecoding === undefined && isMarked);
    } catch (error) {
      this.#unreadable ??= reasonOf(error);
      return isMarked;
    }
  }

  /** Video that plays, and whose second key frame would show how far they are apart. */
  get lacksKeyFrame(): boolean {
    const isVideo = this.#caps !== undefined && !this.#caps.name.startsWith('audio/');
    return isVideo && this.#frames > 0 && this.#keyFrames < 2;
  }

  /** What has come so far. */
  report(): TrackReport {
    const { fields = {}, name = '' } = this.#caps ?? {};
    const format = this.#adapter?.format;
    const firstNs = this.#firstNs ?? 0n;
    const text = (field: string) => (typeof fields[field] === 'string' ? fields[field] : undefined);
    return {
      element: this.#element,
      track: this.#track,
      mediaType: name,
      streamFormat: text('stream-format'),
      alignment: text('alignment'),
      profile: profileOf(name, format?.codecPrivate),
      width: format?.width,
      height: format?.height,
      isLive: this.isLive,
      frames: this.#frames,
      keyFrames: this.#keyFrames,
      bytes: this.#bytes,
      spanMs: milliseconds(this.#lastNs - firstNs),
      longestKeyIntervalMs: milliseconds(this.#longestKeyIntervalNs),
      sinceKeyMs: milliseconds(this.#lastNs - (this.#lastKeyNs ?? firstNs)),
      reordered: this.#reordered,
      jumpsBack: this.#jumpsBack,
      withoutPts: this.#withoutPts,
      unreadable: this.#unreadable,
    };
  }
}

/** avcC has the profile in its second byte, hvcC in the lower bits of its second. */
function profileOf(mediaType: string, codecPrivate: Uint8Array | undefined): string | undefined {
  const byte = codecPrivate?.[1];
  if (byte === undefined) return undefined;
  if (mediaType === 'video/x-h264') return H264_PROFILES[byte] ?? `profile ${byte}`;
  if (mediaType === 'video/x-h265') return H265_PROFILES[byte & 0x1f] ?? `profile ${byte & 0x1f}`;
  return undefined;
}

function milliseconds(ns: bigint): number {
  return ns < 0n ? 0 : Number(ns / 1_000_000n);
}

function reasonOf(error: unknown): TrackReport['unreadable'] {
  const text = error instanceof Error ? error.message : String(error);
  return { text, advice: error instanceof KvsError ? error.advice : '' };
}
