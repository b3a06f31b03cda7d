import { KvsError } from '../errors/kvs-error.ts';
import type { TrackFormat } from '../media/codec/codec-adapter.ts';
import { double, type EbmlElement, element, encodeElements, text, unsigned } from './ebml.ts';
import { ID } from './ids.ts';
import { checkBytes, checkTimecodeScale, MATROSKA_LIMITS } from './matroska-limits.ts';

/** One track of a Matroska header. */
export type MatroskaTrack = {
  /** TrackNumber, 1 … 3: position in the header, and in every SimpleBlock. */
  readonly number: number;
  /** TrackUID; KVS calls it the track id. Not zero. */
  readonly uid: bigint;
  /** Name element; left out when empty. At most 32 characters. */
  readonly name: string;
  readonly format: TrackFormat;
};

/** Everything a session's header (EBML, Segment, Info, Tracks) is made of. */
export type MatroskaHeader = {
  /** 16 bytes. */
  readonly segmentUid: Uint8Array;
  /** Nanoseconds per timecode unit; 1 000 000 for milliseconds. */
  readonly timecodeScaleNs: number;
  readonly title: string;
  readonly muxingApp: string;
  readonly writingApp: string;
  readonly tracks: readonly MatroskaTrack[];
};

/** TrackType (RFC 9559 5.1.4.1.3). Upstream writes 3 for what is neither. */
const TRACK_TYPE = { video: 1, audio: 2, other: 3 } as const;

/** Pixel sizes have two bytes, as upstream's. */
const MAX_PIXELS = 0xffff;

/**
 * The EBML header of a Matroska file (RFC 8794 11.2), 40 bytes.
 * @param docTypeVersion 4 for a file with what Matroska has had since version 3, such as CodecDelay.
 */
export function ebmlHeader(docTypeVersion: 2 | 4): EbmlElement {
  return element(ID.EBML, [
    element(ID.EBML_VERSION, unsigned(1, 1)),
    element(ID.EBML_READ_VERSION, unsigned(1, 1)),
    element(ID.EBML_MAX_ID_LENGTH, unsigned(4, 1)),
    element(ID.EBML_MAX_SIZE_LENGTH, unsigned(8, 1)),
    element(ID.DOC_TYPE, text('matroska')),
    element(ID.DOC_TYPE_VERSION, unsigned(docTypeVersion, 1)),
    element(ID.DOC_TYPE_READ_VERSION, unsigned(2, 1)),
  ]);
}

/** Upstream's: it never changes. */
const EBML_HEADER = ebmlHeader(2);

function info(header: MatroskaHeader): EbmlElement {
  return element(
    ID.INFO,
    [
      element(ID.SEGMENT_UID, header.segmentUid),
      element(ID.TIMESTAMP_SCALE, unsigned(header.timecodeScaleNs, 8)),
      element(ID.TITLE, text(header.title)),
      element(ID.MUXING_APP, text(header.muxingApp)),
      element(ID.WRITING_APP, text(header.writingApp)),
    ],
    2,
  );
}

function video({ format }: MatroskaTrack): EbmlElement | null {
  const { kind, width = 0, height = 0 } = format;
  if (kind !== 'video' || width === 0 || height === 0) return null;
  return element(
    ID.VIDEO,
    [element(ID.PIXEL_WIDTH, unsigned(width, 2)), element(ID.PIXEL_HEIGHT, unsigned(height, 2))],
    4,
  );
}

function audio({ format }: MatroskaTrack): EbmlElement | null {
  const { kind, samplingFrequencyHz = 0, channels = 0, bitDepth = 0 } = format;
  if (kind !== 'audio' || samplingFrequencyHz === 0 || channels === 0) return null;
  return element(
    ID.AUDIO,
    [
      element(ID.SAMPLING_FREQUENCY, double(samplingFrequencyHz)),
      element(ID.CHANNELS, unsigned(channels, 1)),
      bitDepth === 0 ? null : element(ID.BIT_DEPTH, unsigned(bitDepth, 1)),
    ],
    4,
  );
}

function trackEntry(track: MatroskaTrack): EbmlElement {
  const { number, uid, name, format } = track;
  return element(
    ID.TRACK_ENTRY,
    [
      element(ID.TRACK_NUMBER, unsigned(number, 1)),
      element(ID.TRACK_UID, unsigned(uid, 8)),
      element(ID.TRACK_TYPE, unsigned(TRACK_TYPE[format.kind], 1)),
      name === '' ? null : element(ID.NAME, text(name)),
      format.codecId === '' ? null : element(ID.CODEC_ID, text(format.codecId)),
      video(track),
      audio(track),
      format.codecPrivate === undefined || format.codecPrivate.length === 0
        ? null
        : element(ID.CODEC_PRIVATE, format.codecPrivate),
    ],
    4,
  );
}

function checkTrack({ number, uid, name, format }: MatroskaTrack): void {
  const of = `of track ${number}`;
  if (uid === 0n) throw new KvsError('STATUS_MKV_INVALID_TRACK_UID', `The track id ${of} is 0`);
  checkBytes(
    `Name ${of}`,
    name,
    MATROSKA_LIMITS.trackNameBytes,
    'STATUS_MKV_INVALID_TRACK_NAME_LENGTH',
  );
  checkBytes(
    `Codec id ${of}`,
    format.codecId,
    MATROSKA_LIMITS.codecIdBytes,
    'STATUS_MKV_INVALID_CODEC_ID_LENGTH',
  );
  checkBytes(
    `Content type ${of}`,
    format.contentType,
    MATROSKA_LIMITS.contentTypeBytes,
    'STATUS_MKV_INVALID_CONTENT_TYPE_LENGTH',
  );
  checkBytes(
    `Codec private data ${of}`,
    format.codecPrivate ?? new Uint8Array(),
    MATROSKA_LIMITS.codecPrivateBytes,
    'STATUS_MKV_INVALID_CODEC_PRIVATE_LENGTH',
  );
  if ((format.width ?? 0) > MAX_PIXELS) {
    throw new KvsError(
      'STATUS_MKV_INVALID_H264_H265_SPS_WIDTH',
      `The width ${of} is ${format.width}, at most ${MAX_PIXELS} is allowed`,
    );
  }
  if ((format.height ?? 0) > MAX_PIXELS) {
    throw new KvsError(
      'STATUS_MKV_INVALID_H264_H265_SPS_HEIGHT',
      `The height ${of} is ${format.height}, at most ${MAX_PIXELS} is allowed`,
    );
  }
}

/**
 * Checks a header against the limits of KVS.
 * @throws KvsError naming field, value and limit.
 */
function checkHeader(header: MatroskaHeader): void {
  const { segmentUid, tracks } = header;
  if (segmentUid.length !== MATROSKA_LIMITS.segmentUidBytes) {
    throw new KvsError(
      'STATUS_MKV_INVALID_SEGMENT_UUID',
      `The segment UID has ${segmentUid.length} bytes, ${MATROSKA_LIMITS.segmentUidBytes} are needed`,
    );
  }
  checkTimecodeScale(header.timecodeScaleNs);
  for (const field of ['title', 'muxingApp', 'writingApp'] as const) {
    checkBytes(
      field,
      header[field],
      MATROSKA_LIMITS.applicationBytes,
      'STATUS_MKV_INVALID_CLIENT_ID_LENGTH',
    );
  }
  if (tracks.length === 0) {
    throw new KvsError('STATUS_TRACK_INFO_MISSING', 'A Matroska header without a track');
  }
  if (tracks.length > MATROSKA_LIMITS.tracks) {
    throw new KvsError(
      'STATUS_MAX_TRACK_COUNT_EXCEEDED',
      `${tracks.length} tracks; KVS accepts at most ${MATROSKA_LIMITS.tracks}`,
    );
  }
  for (const track of tracks) {
    checkTrack(track);
    const same = tracks.filter(({ uid, number }) => uid === track.uid || number === track.number);
    if (same.length > 1) {
      throw new KvsError(
        'STATUS_DUPLICATE_TRACK_ID_FOUND',
        `Two tracks have the id ${track.uid} or the number ${track.number}`,
      );
    }
  }
}

/**
 * The bytes a PutMedia session begins with: EBML header, Segment of unknown size, Info, Tracks;
 * element order and sizes as upstream writes them (checked against its bytes).
 * @throws KvsError when something is longer than KVS allows.
 */
export function encodeHeader(header: MatroskaHeader): Uint8Array {
  checkHeader(header);
  return encodeElements([
    EBML_HEADER,
    element(
      ID.SEGMENT,
      [info(header), element(ID.TRACKS, header.tracks.map(trackEntry), 4)],
      'unknown',
    ),
  ]);
}
