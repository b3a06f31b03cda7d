import type { References } from './picture.ts';

/** Where adapted bytes go: the content store, or a plain buffer in tests. */
export type ByteSink = {
  /** Appends source[start, end). The bytes are copied before the call returns. */
  write(source: Uint8Array, start: number, end: number): void;
};

/** What Matroska's TrackEntry and KVS need to know about a track. */
export type TrackFormat = {
  readonly kind: 'video' | 'audio' | 'other';
  /** Matroska codec id, e.g. `V_MPEG4/ISO/AVC`. */
  readonly codecId: string;
  /** KVS content type of this track, e.g. `video/h264`. */
  readonly contentType: string;
  /** Matroska CodecPrivate: avcC, hvcC, AudioSpecificConfig, WAVEFORMATEX-like bytes, … */
  readonly codecPrivate?: Uint8Array;
  /** Pixels; present for video whose size is known. */
  readonly width?: number;
  readonly height?: number;
  /** Hertz; present for audio whose rate is known. */
  readonly samplingFrequencyHz?: number;
  readonly channels?: number;
  readonly bitDepth?: number;
};

/** The outcome of looking at one access unit, valid until the next call of the same adapter. */
export type AccessUnitPlan = {
  /**
   * Bytes that writeTo will write. Zero when the unit holds nothing to store: parameter sets
   * without a picture, which are kept and go with the next one.
   */
  readonly byteLength: number;
  /** True when the bitstream itself says that decoding can start here (IDR, CRA, BLA, any audio). */
  readonly isRandomAccessPoint: boolean;
  /** Writes the adapted unit. `data` is the same bytes that were planned. */
  writeTo(sink: ByteSink, data: Uint8Array): void;
};

/**
 * Turns access units of one track from the form they arrive in into the form Matroska stores
 * (ISO/IEC 14496-15 length-prefixed NAL units, raw AAC, …), and knows the track's format.
 */
export type CodecAdapter = {
  /** Undefined until enough was seen: parameter sets, an ADTS header, given codec private data. */
  readonly format: TrackFormat | undefined;
  /**
   * 0 while `format` is undefined, 1 with the first, and raised by one whenever it became another
   * that needs a new Matroska header (new parameter sets, new resolution, …).
   */
  readonly formatRevision: number;
  /**
   * Looks at one access unit (adapting `format` if it carries parameter sets) and says how it
   * will be stored. The returned object is reused by the next call.
   * @throws KvsError when the unit is not what the track's stream format promises.
   */
  plan(data: Uint8Array): AccessUnitPlan;
  /**
   * Of codecs whose pictures say what they refer to: about the unit that was planned last, if it
   * holds anything to store.
   */
  readonly references?: References;
  /**
   * True when a look at the beginning of the unit shows a picture at which decoding can start.
   * Codecs whose bytes are not looked at leave it to the source's flag.
   */
  startsDecoding?(data: Uint8Array): boolean;
  /** True when the bytes are of another stream format than the caps promised, and taken as such. */
  readonly isMisdeclared?: boolean;
};

/** What is known of a track before its first frame, from GStreamer caps or an application. */
export type TrackDescription = {
  readonly kind: 'video' | 'audio' | 'other';
  /** KVS content type or GStreamer media type, e.g. `video/h264`, `video/x-h264`, `audio/mpeg`. */
  readonly mediaType: string;
  /** GStreamer's stream-format: avc, avc3, byte-stream, hvc1, hev1, raw, adts, … */
  readonly streamFormat?: string;
  /** codec_data: avcC, hvcC, AudioSpecificConfig, OpusHead, or parameter sets in Annex B. */
  readonly codecData?: Uint8Array;
  readonly width?: number;
  readonly height?: number;
  readonly rateHz?: number;
  readonly channels?: number;
  /** Overrides for codecs that are passed through. */
  readonly codecId?: string;
  readonly contentType?: string;
};

/** How a track is adapted when its description does not say enough. */
export type AdapterOptions = {
  /**
   * NAL_ADAPTATION flags, as upstream's StreamInfo has them. Left out, the stream format of the
   * description decides, and failing that the data itself.
   */
  readonly nalAdaptationFlags?: number;
  /** What adapted the track until now, where its description changes. */
  readonly before?: CodecAdapter;
};
