import {
  forEachChild,
  malformed,
  readFloat,
  readNumber,
  readText,
  readUnsigned,
} from './element-header.ts';
import { BLOCK_FLAG, ID } from './ids.ts';
import { LACING, splitLace } from './lacing.ts';
import type { ReadBlock, ReadInfo, ReadTag, ReadTrack } from './reader-handlers.ts';

/** Timestamps are milliseconds unless Info says otherwise (RFC 9559 5.1.2.9). */
const DEFAULT_TIMECODE_SCALE_NS = 1_000_000;

/** Dates are ns since the third millennium (RFC 8794 7.6). */
const MILLENNIUM_MS = Date.UTC(2001, 0, 1);

/** SimpleTags may lie in SimpleTags; nobody nests deeper than this. */
const MAX_TAG_DEPTH = 8;

/** Checks that an EBML header is one of Matroska that can be read here. @throws KvsError */
export function readEbmlHeader(body: Uint8Array): void {
  let docType = 'matroska';
  forEachChild(body, (id, value) => {
    if (id === ID.DOC_TYPE) {
      docType = readText(value);
    } else if (id === ID.EBML_MAX_ID_LENGTH && readUnsigned(value) > 4n) {
      throw malformed('ids of more than 4 bytes');
    } else if (id === ID.EBML_MAX_SIZE_LENGTH && readUnsigned(value) > 8n) {
      throw malformed('sizes of more than 8 bytes');
    } else if (id === ID.EBML_READ_VERSION && readUnsigned(value) > 1n) {
      throw malformed(`EBMLReadVersion ${readUnsigned(value)}`);
    }
  });
  if (docType !== 'matroska' && docType !== 'webm') {
    throw malformed(`DocType "${docType.slice(0, 40)}"`);
  }
}

/** Reads an Info element's body. @throws KvsError */
export function readInfo(body: Uint8Array): ReadInfo {
  let dateMs: number | undefined;
  let duration: number | undefined;
  let timecodeScaleNs = DEFAULT_TIMECODE_SCALE_NS;
  let segmentUid: Uint8Array | undefined;
  forEachChild(body, (id, value) => {
    if (id === ID.TIMESTAMP_SCALE) {
      timecodeScaleNs = readNumber(value);
      if (timecodeScaleNs === 0) throw malformed('a TimestampScale of 0');
    } else if (id === ID.SEGMENT_UID) {
      segmentUid = new Uint8Array(value);
    } else if (id === ID.DATE_UTC && value.length === 8) {
      const sinceMillenniumNs = BigInt.asIntN(64, readUnsigned(value));
      dateMs = MILLENNIUM_MS + Number(sinceMillenniumNs / 1_000_000n);
    } else if (id === ID.DURATION) {
      duration = readFloat(value);
    }
  });
  const durationMs = duration === undefined ? undefined : (duration * timecodeScaleNs) / 1e6;
  return { timecodeScaleNs, segmentUid, dateMs, durationMs };
}

function readTrack(entry: Uint8Array): ReadTrack {
  let [number, uid, type, name, codecId] = [0, 0n, 0, '', ''];
  let codecPrivate: Uint8Array | undefined;
  let width: number | undefined;
  let height: number | undefined;
  let samplingFrequencyHz: number | undefined;
  let channels: number | undefined;
  let defaultDurationNs: number | undefined;
  const readVideo = (id: number, value: Uint8Array): void => {
    if (id === ID.PIXEL_WIDTH) width = readNumber(value);
    else if (id === ID.PIXEL_HEIGHT) height = readNumber(value);
  };
  const readAudio = (id: number, value: Uint8Array): void => {
    if (id === ID.SAMPLING_FREQUENCY) samplingFrequencyHz = readFloat(value);
    else if (id === ID.CHANNELS) channels = readNumber(value);
  };
  forEachChild(entry, (id, value) => {
    switch (id) {
      case ID.TRACK_NUMBER:
        number = readNumber(value);
        break;
      case ID.TRACK_UID:
        uid = readUnsigned(value);
        break;
      case ID.TRACK_TYPE:
        type = readNumber(value);
        break;
      case ID.NAME:
        name = readText(value);
        break;
      case ID.CODEC_ID:
        codecId = readText(value);
        break;
      case ID.DEFAULT_DURATION:
        defaultDurationNs = readNumber(value);
        break;
      case ID.CODEC_PRIVATE:
        codecPrivate = new Uint8Array(value);
        break;
      case ID.VIDEO:
        forEachChild(value, readVideo);
        break;
      case ID.AUDIO:
        // 8 kHz mono is what absent elements mean (RFC 9559 5.1.4.1.29).
        [samplingFrequencyHz, channels] = [8000, 1];
        forEachChild(value, readAudio);
        break;
      case ID.CONTENT_ENCODINGS:
        throw malformed(
          'a track with compressed or encrypted frames (ContentEncodings); ' +
            'mkvmerge --compression -1:none writes it without',
        );
      default:
    }
  });
  if (number === 0) throw malformed('a track without a number');
  return {
    number,
    uid,
    type,
    name,
    codecId,
    codecPrivate,
    width,
    height,
    samplingFrequencyHz,
    channels,
    defaultDurationNs,
    entry: new Uint8Array(entry),
  };
}

/** Reads a Tracks element's body. @throws KvsError */
export function readTracks(body: Uint8Array): ReadTrack[] {
  const tracks: ReadTrack[] = [];
  forEachChild(body, (id, entry) => {
    if (id === ID.TRACK_ENTRY) tracks.push(readTrack(entry));
  });
  return tracks;
}

function readSimpleTag(
  body: Uint8Array,
  tags: ReadTag[],
  hasTargets: boolean,
  depth: number,
): void {
  if (depth > MAX_TAG_DEPTH) throw malformed(`SimpleTags nested more than ${MAX_TAG_DEPTH} deep`);
  let name = '';
  let value = '';
  const nested: Uint8Array[] = [];
  forEachChild(body, (id, child) => {
    if (id === ID.TAG_NAME) name = readText(child);
    else if (id === ID.TAG_STRING) value = readText(child);
    else if (id === ID.SIMPLE_TAG) nested.push(child);
  });
  tags.push({ name, value, hasTargets });
  for (const child of nested) readSimpleTag(child, tags, hasTargets, depth + 1);
}

/** Reads a Tags element's body: every SimpleTag of every Tag, in order. @throws KvsError */
export function readTags(body: Uint8Array): ReadTag[] {
  const tags: ReadTag[] = [];
  forEachChild(body, (tagId, tag) => {
    if (tagId === ID.TAG) {
      let hasTargets = false;
      const simpleTags: Uint8Array[] = [];
      forEachChild(tag, (id, child) => {
        hasTargets ||= id === ID.TARGETS;
        if (id === ID.SIMPLE_TAG) simpleTags.push(child);
      });
      for (const simpleTag of simpleTags) readSimpleTag(simpleTag, tags, hasTargets, 1);
    }
  });
  return tags;
}

/** One for all blocks that are not laced. */
const NO_FRAMES: readonly Uint8Array[] = [];

/** What the bytes of a Block or SimpleBlock say. @throws KvsError */
export function readBlock(block: Uint8Array, isSimple: boolean): ReadBlock {
  const trackBytes = Math.clz32(block[0] ?? 0) - 23;
  if (trackBytes > 4 || block.length < trackBytes + 3) {
    throw malformed(`a block of ${block.length} bytes`);
  }
  let trackNumber = (block[0] ?? 0) & (0xff >> trackBytes);
  for (let i = 1; i < trackBytes; i += 1) trackNumber = trackNumber * 256 + (block[i] ?? 0);
  const timecode = ((block[trackBytes] ?? 0) << 8) | (block[trackBytes + 1] ?? 0);
  const flags = block[trackBytes + 2] ?? 0;
  const body = block.subarray(trackBytes + 3);
  const lacing = flags & BLOCK_FLAG.LACING;
  const frames = lacing === LACING.NONE ? undefined : splitLace(body, lacing);
  return {
    trackNumber,
    relativeTimecode: (timecode << 16) >> 16,
    isKeyFrame: isSimple && (flags & BLOCK_FLAG.KEY) !== 0,
    isInvisible: (flags & BLOCK_FLAG.INVISIBLE) !== 0,
    isDiscardable: isSimple && (flags & BLOCK_FLAG.DISCARDABLE) !== 0,
    data: frames?.[0] ?? body,
    laced: frames?.slice(1) ?? NO_FRAMES,
    duration: undefined,
  };
}

/** What a BlockGroup says: a key frame is a Block that refers to no other. @throws KvsError */
export function readBlockGroup(body: Uint8Array): ReadBlock {
  let block: ReadBlock | undefined;
  let isKeyFrame = true;
  let duration: number | undefined;
  forEachChild(body, (id, value) => {
    if (id === ID.BLOCK) block = readBlock(value, false);
    else if (id === ID.BLOCK_DURATION) duration = readNumber(value);
    else if (id === ID.REFERENCE_BLOCK) isKeyFrame = false;
  });
  if (block === undefined) throw malformed('a BlockGroup without a Block');
  return { ...block, isKeyFrame, duration };
}
