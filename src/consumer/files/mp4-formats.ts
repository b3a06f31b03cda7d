import { KvsError } from '../../errors/kvs-error.ts';
import { parseAacConfig } from '../../media/audio/aac-config.ts';
import type { ConsumedTrack } from '../fragments/consumed-fragment.ts';

/** What MP4 has to know of a track; `codec` as RFC 6381 writes it. */
export type Mp4Format =
  | {
      readonly kind: 'video';
      readonly name: 'avc' | 'hevc';
      readonly config: {
        readonly codec: string;
        readonly codedWidth: number;
        readonly codedHeight: number;
        readonly description: Uint8Array;
      };
    }
  | {
      readonly kind: 'audio';
      readonly name: 'aac' | 'opus';
      readonly config: {
        readonly codec: string;
        readonly sampleRate: number;
        readonly numberOfChannels: number;
        readonly description: Uint8Array;
      };
    };

/** Bytes up to the level: of avcC (ISO/IEC 14496-15, 5.3.3.1) and of hvcC (8.3.3.1). */
const AVCC_BYTES = 7;
const HVCC_BYTES = 23;

/** @throws KvsError for a track that MP4 cannot hold, or that does not say how it is decoded */
export function mp4Format(track: ConsumedTrack): Mp4Format {
  switch (track.codecId) {
    case 'V_MPEG4/ISO/AVC':
      return video('avc', track, avcCodec(codecPrivateOf(track, AVCC_BYTES)));
    case 'V_MPEGH/ISO/HEVC':
      return video('hevc', track, hevcCodec(codecPrivateOf(track, HVCC_BYTES)));
    case 'A_AAC': {
      const { objectType } = parseAacConfig(codecPrivateOf(track, 2));
      return audio('aac', track, `mp4a.40.${objectType}`);
    }
    case 'A_OPUS':
      return audio('opus', track, 'opus');
    default:
      throw new KvsError(
        'STATUS_INVALID_ARG',
        `Track ${track.number} is ${track.codecId}; an MP4 file is made of H.264, H.265, AAC and Opus`,
        { advice: 'Write a Matroska file (.mkv): it holds whatever a stream has.' },
      );
  }
}

function video(name: 'avc' | 'hevc', track: ConsumedTrack, codec: string): Mp4Format {
  const { number, width = 0, height = 0 } = track;
  if (width === 0 || height === 0) {
    throw new KvsError(
      'STATUS_INVALID_ARG',
      `Track ${number} does not say how large its pictures are, which an MP4 file must`,
      { advice: 'Write a Matroska file (.mkv).' },
    );
  }
  const description = codecPrivateOf(track, 1);
  return {
    kind: 'video',
    name,
    config: { codec, codedWidth: width, codedHeight: height, description },
  };
}

function audio(name: 'aac' | 'opus', track: ConsumedTrack, codec: string): Mp4Format {
  const { samplingFrequencyHz = 48_000, channels = 2 } = track;
  const description = codecPrivateOf(track, 1);
  return {
    kind: 'audio',
    name,
    config: { codec, sampleRate: samplingFrequencyHz, numberOfChannels: channels, description },
  };
}

function codecPrivateOf({ number, codecId, codecPrivate }: ConsumedTrack, least: number) {
  if (codecPrivate !== undefined && codecPrivate.length >= least) return codecPrivate;
  throw new KvsError(
    'STATUS_INVALID_ARG',
    `Track ${number} (${codecId}) has no codec private data that says how it is decoded`,
  );
}

/** Profile, constraints and level stand behind the version. */
function avcCodec(record: Uint8Array): string {
  return `avc1.${Buffer.from(record.subarray(1, 4)).toString('hex')}`;
}

/** ISO/IEC 14496-15, annex E.3. */
function hevcCodec(record: Uint8Array): string {
  const bytes = Buffer.from(record);
  const general = bytes.readUInt8(1);
  const space = ['', 'A', 'B', 'C'][general >> 6] ?? '';
  const tier = (general & 0x20) === 0 ? 'L' : 'H';
  const compatibility = reversedBits(bytes.readUInt32BE(2)).toString(16);
  const constraints = [...bytes.subarray(6, 12)];
  while (constraints.at(-1) === 0) constraints.pop();
  const flags = constraints.map((value) => `.${value.toString(16)}`).join('');
  return `hvc1.${space}${general & 0x1f}.${compatibility}.${tier}${bytes.readUInt8(12)}${flags}`;
}

function reversedBits(value: number): number {
  let reversed = 0;
  for (let bit = 0; bit < 32; bit += 1) reversed = (reversed << 1) | ((value >>> bit) & 1);
  return reversed >>> 0;
}
