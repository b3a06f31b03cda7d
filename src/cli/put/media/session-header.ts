import { KvsError } from '../../../errors/kvs-error.ts';
import {
  type EbmlElement,
  element,
  encodeElements,
  text,
  unsigned,
} from '../../../matroska/ebml.ts';
import { forEachChild } from '../../../matroska/element-header.ts';
import { ebmlHeader } from '../../../matroska/header.ts';
import { ID } from '../../../matroska/ids.ts';
import { MATROSKA_LIMITS } from '../../../matroska/matroska-limits.ts';
import type { ReadTrack } from '../../../matroska/reader-handlers.ts';
import type { SessionFormat } from '../../../storage/stored-fragment.ts';

/** Matroska TrackType. */
const VIDEO = 1;
const AUDIO = 2;

const APPLICATION = 'kvs-launch put';

/** A track that is sent. */
export type SentTrack = {
  /** TrackNumber in the file, and in what is sent. */
  readonly fileNumber: number;
  readonly number: number;
  readonly isVideo: boolean;
  readonly read: ReadTrack;
};

/** The headers of a file's fragments: its own track entries, under numbers from 1. */
export class SessionHeader {
  readonly tracks: readonly SentTrack[];
  /** Of the file that are not sent: more than KVS takes, subtitles and the like. */
  readonly leftOut: readonly ReadTrack[];
  readonly timecodeScaleNs: number;
  readonly #entries = new Map<number, EbmlElement>();
  readonly #formats = new Map<string, SessionFormat>();

  /** @throws KvsError where no track can be sent, or one has what KVS does not take */
  constructor(tracks: readonly ReadTrack[], timecodeScaleNs: number) {
    const media = tracks.filter(({ type }) => type === VIDEO || type === AUDIO);
    const inOrder = [
      ...media.filter(({ type }) => type === VIDEO),
      ...media.filter(({ type }) => type === AUDIO),
    ];
    const sent = inOrder.slice(0, MATROSKA_LIMITS.tracks);
    if (sent.length === 0) {
      throw new KvsError('STATUS_TRACK_INFO_MISSING', 'The file has neither video nor audio');
    }
    this.tracks = sent.map((read, index) => ({
      fileNumber: read.number,
      number: index + 1,
      isVideo: read.type === VIDEO,
      read,
    }));
    this.leftOut = tracks.filter((track) => !sent.includes(track));
    this.timecodeScaleNs = timecodeScaleNs;
    for (const { number, read } of this.tracks) this.#entries.set(number, sentEntry(number, read));
  }

  /** What KVS calls the stream's media type. */
  get contentType(): string {
    return this.tracks.map(({ read, isVideo }) => contentTypeOf(read.codecId, isVideo)).join(',');
  }

  /** The header for a fragment that has frames of these tracks; always the same object. */
  formatOf(numbers: ReadonlySet<number>): SessionFormat {
    const present = this.tracks.filter(({ number }) => numbers.has(number));
    const key = present.map(({ number }) => number).join();
    let format = this.#formats.get(key);
    if (format === undefined) {
      const { timecodeScaleNs } = this;
      format = { header: { timecodeScaleNs }, headerBytes: this.#encode(present) };
      this.#formats.set(key, format);
    }
    return format;
  }

  #encode(tracks: readonly SentTrack[]): Uint8Array {
    return encodeElements([
      ebmlHeader(4),
      element(
        ID.SEGMENT,
        [
          element(ID.INFO, [
            element(ID.TIMESTAMP_SCALE, unsigned(this.timecodeScaleNs, 8)),
            element(ID.TITLE, text(APPLICATION)),
            element(ID.MUXING_APP, text(APPLICATION)),
            element(ID.WRITING_APP, text(APPLICATION)),
          ]),
          element(
            ID.TRACKS,
            tracks.map(({ number }) => this.#entries.get(number) ?? null),
          ),
        ],
        'unknown',
      ),
    ]);
  }
}

/** The file's entry with its number in the stream, and without what KVS would refuse. */
function sentEntry(number: number, read: ReadTrack): EbmlElement {
  const of = `of track ${read.number}`;
  if (Buffer.byteLength(read.codecId) > MATROSKA_LIMITS.codecIdBytes) {
    throw new KvsError(
      'STATUS_MKV_INVALID_CODEC_ID_LENGTH',
      `The codec id ${of}, ${read.codecId}, is longer than KVS accepts`,
    );
  }
  if ((read.codecPrivate?.length ?? 0) > MATROSKA_LIMITS.codecPrivateBytes) {
    throw new KvsError(
      'STATUS_MKV_INVALID_CODEC_PRIVATE_LENGTH',
      `The codec private data ${of} has ${read.codecPrivate?.length} bytes; KVS accepts ${MATROSKA_LIMITS.codecPrivateBytes}`,
    );
  }
  const children: EbmlElement[] = [
    element(ID.TRACK_NUMBER, unsigned(number, 1)),
    element(ID.TRACK_UID, unsigned(read.uid === 0n ? number : read.uid, 8)),
  ];
  forEachChild(read.entry, (id, value) => {
    switch (id) {
      case ID.TRACK_NUMBER:
      case ID.TRACK_UID:
      // A checksum of what it was.
      case ID.CRC_32:
      case ID.VOID:
        return;
      case ID.NAME:
        if (value.length > MATROSKA_LIMITS.trackNameBytes) return;
    }
    children.push(element(id, value));
  });
  return element(ID.TRACK_ENTRY, children);
}

const CONTENT_TYPES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    'V_MPEG4/ISO/AVC': 'video/h264',
    'V_MPEGH/ISO/HEVC': 'video/h265',
    V_MJPEG: 'image/jpeg',
    V_VP8: 'video/vp8',
    V_VP9: 'video/vp9',
    V_AV1: 'video/av1',
    A_AAC: 'audio/aac',
    A_OPUS: 'audio/opus',
    A_VORBIS: 'audio/vorbis',
    A_FLAC: 'audio/flac',
    'A_MPEG/L3': 'audio/mpeg',
    'A_PCM/INT/LIT': 'audio/L16',
  }),
);

function contentTypeOf(codecId: string, isVideo: boolean): string {
  // AAC of old muxers has its profile in the id.
  const base = codecId.startsWith('A_AAC/') ? 'A_AAC' : codecId;
  return CONTENT_TYPES.get(base) ?? (isVideo ? 'video/x-matroska' : 'audio/x-matroska');
}
