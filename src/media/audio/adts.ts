import { KvsError } from '../../errors/kvs-error.ts';
import type { RangeList } from '../bits/range-list.ts';
import { BitReader } from '../bits/rbsp.ts';
import { packAacConfig, readProgramConfig } from './aac-config.ts';

/** Header without and with its checksum, for one raw data block. */
const HEADER_BYTES = 7;
const CRC_BYTES = 2;

/** sampling_frequency_index values that mean something. */
const FREQUENCY_INDEXES = 13;

/** id_syn_ele of a program_config_element, three bits (ISO/IEC 14496-3 table 4.85). */
const ID_PROGRAM_CONFIG = 5;

/** True when the bytes begin with an ADTS syncword and MPEG layer 0. */
export function startsWithAdts(data: Uint8Array): boolean {
  return data[0] === 0xff && ((data[1] ?? 0) & 0xf6) === 0xf0;
}

function invalid(at: number, what: string): KvsError {
  return new KvsError('STATUS_MKV_INVALID_FRAME_DATA', `The ADTS frame at byte ${at} ${what}`, {
    advice: 'Put aacparse in front of kvssink; it passes on whole frames.',
  });
}

/** The fixed part of an ADTS header (ISO/IEC 14496-3 1.A.2.2). */
type AdtsHeader = {
  readonly hasCrc: boolean;
  readonly objectType: number;
  readonly frequencyIndex: number;
  readonly channelConfiguration: number;
  /** Header included. */
  readonly frameBytes: number;
  /** One to four. */
  readonly rawBlocks: number;
};

function readHeader(data: Uint8Array, at: number): AdtsHeader {
  if (!startsWithAdts(data.subarray(at, at + 2))) {
    throw invalid(at, 'does not begin with a syncword');
  }
  if (data.length - at < HEADER_BYTES) {
    throw invalid(at, `ends within its header, after ${data.length - at} bytes`);
  }
  const reader = new BitReader(data, at + 1);
  reader.skip(7);
  const hasCrc = !reader.flag();
  const objectType = reader.bits(2) + 1;
  const frequencyIndex = reader.bits(4);
  reader.skip(1);
  const channelConfiguration = reader.bits(3);
  reader.skip(4);
  const frameBytes = reader.bits(13);
  reader.skip(11);
  const rawBlocks = reader.bits(2) + 1;
  if (frequencyIndex >= FREQUENCY_INDEXES) {
    throw new KvsError(
      'STATUS_MKV_INVALID_AAC_CPD_SAMPLING_FREQUENCY_INDEX',
      `The ADTS frame at byte ${at} has sampling frequency index ${frequencyIndex}`,
    );
  }
  return { hasCrc, objectType, frequencyIndex, channelConfiguration, frameBytes, rawBlocks };
}

/** Adds the raw data blocks of one frame to `ranges`: without header and checksums. */
function addRawBlocks(
  data: Uint8Array,
  at: number,
  { hasCrc, frameBytes, rawBlocks }: AdtsHeader,
  ranges: RangeList,
): void {
  const end = at + frameBytes;
  if (!hasCrc) {
    // Raw data blocks follow each other without a gap; only decoding them tells where one ends.
    ranges.add(at + HEADER_BYTES, end);
    return;
  }
  const positions = at + HEADER_BYTES;
  const first = positions + 2 * (rawBlocks - 1) + CRC_BYTES;
  if (rawBlocks === 1) {
    ranges.add(first, end);
    return;
  }
  let start = first;
  for (let block = 1; block <= rawBlocks; block += 1) {
    const position = positions + 2 * (block - 1);
    const next =
      block === rawBlocks ? end : first + ((data[position] ?? 0) << 8) + (data[position + 1] ?? 0);
    if (next - CRC_BYTES <= start || next > end) {
      throw invalid(at, `has no room for raw data block ${block} of ${rawBlocks}`);
    }
    ranges.add(start, next - CRC_BYTES);
    start = next;
  }
}

/**
 * The AudioSpecificConfig of a frame whose channels are in a program_config_element; undefined
 * when it has none: ffmpeg writes it into the first frame only.
 */
function configWithProgram(header: AdtsHeader, rawBlock: Uint8Array): Uint8Array | undefined {
  const reader = new BitReader(rawBlock);
  if (reader.bits(3) !== ID_PROGRAM_CONFIG) return undefined;
  const { elementsEnd } = readProgramConfig(reader);
  // The element begins at bit 3 here and behind 16 bits there (its fields and GASpecificConfig's
  // three zeros), so what is in front of the alignment moves by three bits.
  const program = new Uint8Array(Math.ceil((elementsEnd - 3) / 8));
  const source = new BitReader(rawBlock);
  source.skip(3);
  for (let bit = 0; source.position < elementsEnd; bit += 1) {
    program[bit >> 3] = (program[bit >> 3] ?? 0) | (source.bit() << (7 - (bit & 7)));
  }
  const comment = rawBlock.subarray(Math.ceil(elementsEnd / 8), reader.position / 8);
  const config = packAacConfig(header.objectType, header.frequencyIndex, 0);
  return Uint8Array.of(...config, ...program, ...comment);
}

/**
 * Takes the ADTS frames of an access unit apart: fills `ranges` with what Matroska stores of
 * them. SBR is not signalled in ADTS; decoders find it in the data.
 * @returns the AudioSpecificConfig they stand for; undefined when they do not name their channels
 * @throws KvsError STATUS_MKV_INVALID_FRAME_DATA, or STATUS_MKV_INVALID_AAC_CPD_… for reserved
 * values
 */
export function readAdts(data: Uint8Array, ranges: RangeList): Uint8Array | undefined {
  ranges.count = 0;
  let config: Uint8Array | undefined;
  let at = 0;
  while (at < data.length) {
    const header = readHeader(data, at);
    const overhead = HEADER_BYTES + (header.hasCrc ? 2 * header.rawBlocks : 0);
    if (header.frameBytes <= overhead || at + header.frameBytes > data.length) {
      throw invalid(at, `claims ${header.frameBytes} bytes of the ${data.length - at} there are`);
    }
    const first = ranges.count;
    addRawBlocks(data, at, header, ranges);
    config ??=
      header.channelConfiguration === 0
        ? configWithProgram(header, ranges.of(data, first))
        : packAacConfig(header.objectType, header.frequencyIndex, header.channelConfiguration);
    at += header.frameBytes;
  }
  return config;
}
