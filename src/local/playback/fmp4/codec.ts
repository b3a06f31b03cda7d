import type { ReadTrack } from '../../../matroska/reader-handlers.ts';
import { ServiceError } from '../../errors/service-error.ts';
import { box, fullBox, u8, u16, u32, zeros } from './boxes.ts';

/** A track that can go into fragmented MP4. */
export type Mp4Track = {
  readonly number: number;
  readonly kind: 'video' | 'audio';
  /** RFC 6381, e.g. `avc1.64001f`. */
  readonly codec: string;
  readonly width: number;
  readonly height: number;
  /** Of an audio track. */
  readonly audio?: { readonly samplingFrequencyHz: number; readonly channels: number };
  /** The codec private data as they are in Matroska. */
  readonly configuration: Uint8Array;
  /** The entry of the sample description box. */
  readonly sampleEntry: Buffer;
};

/** Matroska codec ids that KVS plays back. */
export const AVC = 'V_MPEG4/ISO/AVC';
export const HEVC = 'V_MPEGH/ISO/HEVC';
export const AAC = 'A_AAC';
/** G.711, as a WAVEFORMATEX in the codec private data says; of DASH and clips alone. */
export const MS_ACM = 'A_MS/ACM';

/** Whether a track of the codec can be played back as video. */
export function isVideo(codecId: string): boolean {
  return codecId === AVC || codecId === HEVC;
}

/** Whether a track of the codec can be heard: HLS has no G.711. */
export function isPlayableAudio(codecId: string, protocol: 'HLS' | 'DASH'): boolean {
  return codecId === AAC || (codecId === MS_ACM && protocol === 'DASH');
}

/**
 * What MP4 needs to know of a track; undefined for codecs that are not played back.
 * @throws ServiceError MissingCodecPrivateDataException, InvalidCodecPrivateDataException
 */
export function mp4Track(track: ReadTrack): Mp4Track | undefined {
  switch (track.codecId) {
    case AVC:
      return avc(track, codecPrivate(track, 7));
    case HEVC:
      return hevc(track, codecPrivate(track, 23));
    case AAC:
      return aac(track, codecPrivate(track, 2));
    case MS_ACM:
      return g711(track, codecPrivate(track, 16));
    default:
      return undefined;
  }
}

function codecPrivate(track: ReadTrack, leastBytes: number): Uint8Array {
  const bytes = track.codecPrivate;
  if (bytes === undefined || bytes.length === 0) {
    throw new ServiceError(
      'MissingCodecPrivateDataException',
      `No codec private data for track ${track.number} (${track.codecId}).`,
    );
  }
  if (bytes.length < leastBytes || !isUsable(track.codecId, bytes)) {
    throw new ServiceError(
      'InvalidCodecPrivateDataException',
      `The codec private data of track ${track.number} (${track.codecId}) is not valid.`,
    );
  }
  return bytes;
}

/** Whether a record is one and, of video, has parameter sets: without them no decoder can begin. */
function isUsable(codecId: string, bytes: Uint8Array): boolean {
  switch (codecId) {
    case AVC:
      return bytes[0] === 1 && ((bytes[5] ?? 0) & 0x1f) > 0;
    case HEVC:
      return bytes[0] === 1 && (bytes[22] ?? 0) > 0;
    case MS_ACM:
      return true;
    default:
      return (bytes[0] ?? 0) >> 3 > 0;
  }
}

/** avcC begins with version, profile, constraints, level (ISO/IEC 14496-15, 5.3.3.1). */
function avc(track: ReadTrack, record: Uint8Array): Mp4Track {
  const codec = `avc1.${Buffer.from(record.subarray(1, 4)).toString('hex')}`;
  return visual(track, codec, record, visualSampleEntry('avc1', track, box('avcC', record)));
}

/** hvcC (ISO/IEC 14496-15, 8.3.3.1) and its codec string (annex E.3). */
function hevc(track: ReadTrack, record: Uint8Array): Mp4Track {
  const bytes = Buffer.from(record);
  const space = ['', 'A', 'B', 'C'][(bytes[1] ?? 0) >> 6] ?? '';
  const tier = ((bytes[1] ?? 0) & 0x20) !== 0 ? 'H' : 'L';
  const profile = (bytes[1] ?? 0) & 0x1f;
  const compatibility = reverseBits(bytes.readUInt32BE(2)).toString(16);
  const constraints = [...bytes.subarray(6, 12)];
  while (constraints.length > 1 && constraints.at(-1) === 0) constraints.pop();
  const flags = constraints.map((value) => value.toString(16)).join('.');
  const codec = `hvc1.${space}${profile}.${compatibility}.${tier}${bytes[12] ?? 0}.${flags}`;
  return visual(track, codec, record, visualSampleEntry('hvc1', track, box('hvcC', record)));
}

function visual(
  track: ReadTrack,
  codec: string,
  configuration: Uint8Array,
  sampleEntry: Buffer,
): Mp4Track {
  const { number } = track;
  return { ...dimensions(track), number, kind: 'video', codec, configuration, sampleEntry };
}

function aac(track: ReadTrack, config: Uint8Array): Mp4Track {
  const objectType = (config[0] ?? 0) >> 3;
  const rate = track.samplingFrequencyHz ?? 48_000;
  const channels = track.channels ?? 2;
  return audible(track, `mp4a.40.${objectType}`, rate, channels, config, [
    elementaryStreamDescriptor(config),
  ]);
}

/** WAVEFORMATEX begins with format, channels, samples per second (RFC 2361). */
function g711(track: ReadTrack, format: Uint8Array): Mp4Track | undefined {
  const bytes = Buffer.from(format);
  const codec = { 6: 'alaw', 7: 'ulaw' }[bytes.readUInt16LE(0)];
  if (codec === undefined) return undefined;
  return audible(track, codec, bytes.readUInt32LE(4), bytes.readUInt16LE(2), format, []);
}

function audible(
  { number }: ReadTrack,
  codec: string,
  samplingFrequencyHz: number,
  channels: number,
  configuration: Uint8Array,
  boxes: readonly Buffer[],
): Mp4Track {
  const sampleEntry = box(
    codec.slice(0, 4),
    zeros(6),
    u16(1),
    zeros(8),
    u16(channels, 16, 0, 0),
    // 16.16 fixed point; rates beyond 65535 Hz do not fit and are left to the decoder.
    u32(samplingFrequencyHz < 65_536 ? samplingFrequencyHz * 65_536 : 0),
    ...boxes,
  );
  const audio = { samplingFrequencyHz, channels };
  return { number, kind: 'audio', codec, width: 0, height: 0, audio, configuration, sampleEntry };
}

function dimensions(track: ReadTrack): { width: number; height: number } {
  return { width: track.width ?? 0, height: track.height ?? 0 };
}

function visualSampleEntry(type: string, track: ReadTrack, configuration: Buffer): Buffer {
  const { width, height } = dimensions(track);
  return box(
    type,
    zeros(6),
    u16(1),
    zeros(16),
    u16(width, height),
    u32(0x480000, 0x480000),
    zeros(4),
    u16(1),
    zeros(32),
    u16(0x18, 0xffff),
    configuration,
  );
}

/** esds (ISO/IEC 14496-1, 7.2.6): MPEG-4 audio, AudioSpecificConfig inside. */
function elementaryStreamDescriptor(config: Uint8Array): Buffer {
  const specific = descriptor(0x05, config);
  const decoder = descriptor(0x04, u8(0x40, 0x15), zeros(3), u32(0, 0), specific);
  const stream = descriptor(0x03, u16(1), u8(0), decoder, descriptor(0x06, u8(0x02)));
  return fullBox('esds', 0, 0, stream);
}

function descriptor(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const size = contents.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([u8(tag, 0x80, 0x80, 0x80, size), ...contents]);
}

function reverseBits(value: number): number {
  let reversed = 0;
  for (let i = 0; i < 32; i++) reversed = (reversed << 1) | ((value >>> i) & 1);
  return reversed >>> 0;
}
