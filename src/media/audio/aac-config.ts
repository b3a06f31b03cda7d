import { KvsError } from '../../errors/kvs-error.ts';
import { BitReader, ifWhole } from '../bits/rbsp.ts';

/** What an AudioSpecificConfig (ISO/IEC 14496-3 1.6.2.1) says. */
export type AacConfig = {
  /** Audio object type of the core: 2 is LC, also below HE-AAC. */
  readonly objectType: number;
  /** Rate of the core. With SBR the output has twice that, which Matroska's field does not want. */
  readonly samplingFrequencyHz: number;
  /** Output channels: 2 for parametric stereo over a mono core. */
  readonly channels: number;
  /** Spectral band replication (HE-AAC) is signalled. */
  readonly hasSbr: boolean;
  /** Parametric stereo (HE-AAC v2) is signalled. */
  readonly hasPs: boolean;
};

/** samplingFrequencyIndex (ISO/IEC 14496-3 table 1.18). */
const FREQUENCIES_HZ: readonly number[] = [
  96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350,
];

/** samplingFrequencyIndex that is followed by the rate itself. */
const EXPLICIT_FREQUENCY = 15;

/** channelConfiguration (table 1.19); undefined is reserved. Upstream writes 7 for the 8 of 7. */
const CHANNELS: readonly (number | undefined)[] = [
  0,
  1,
  2,
  3,
  4,
  5,
  6,
  8,
  undefined,
  undefined,
  undefined,
  7,
  8,
  24,
  8,
];

const OBJECT_TYPE = { escape: 31, lc: 2, sbr: 5, ps: 29 } as const;

/** Object types with a GASpecificConfig, behind which the backward-compatible extension lies. */
const GENERAL_AUDIO: ReadonlySet<number> = new Set([1, 2, 3, 4, 6, 7, 17, 19, 20, 21, 22, 23]);

/** syncExtensionType values in front of what SBR and PS add. */
const SYNC_SBR = 0x2b7;
const SYNC_PS = 0x548;

function readObjectType(reader: BitReader): number {
  const type = reader.bits(5);
  return type === OBJECT_TYPE.escape ? 32 + reader.bits(6) : type;
}

function readFrequency(reader: BitReader): number {
  const index = reader.bits(4);
  const frequency = index === EXPLICIT_FREQUENCY ? reader.bits(24) : FREQUENCIES_HZ[index];
  if (frequency === undefined || frequency === 0) {
    throw new KvsError(
      'STATUS_MKV_INVALID_AAC_CPD_SAMPLING_FREQUENCY_INDEX',
      `AAC sampling frequency index ${index} is not defined`,
    );
  }
  return frequency;
}

/**
 * program_config_element() (ISO/IEC 14496-3 4.5.1.1) behind its id_syn_ele.
 * @returns how many channels its elements have, and the bit behind which it is aligned for its
 * comment
 */
export function readProgramConfig(reader: BitReader): { channels: number; elementsEnd: number } {
  reader.skip(10); // element_instance_tag, object_type, sampling_frequency_index
  const counts = { front: reader.bits(4), side: reader.bits(4), back: reader.bits(4) };
  const lowFrequency = reader.bits(2);
  const associatedData = reader.bits(3);
  const couplings = reader.bits(4);
  for (const bits of [4, 4, 3]) {
    reader.skip(reader.flag() ? bits : 0); // mono, stereo and matrix mixdown
  }
  let channels = lowFrequency;
  for (let i = 0; i < counts.front + counts.side + counts.back; i += 1) {
    channels += reader.flag() ? 2 : 1;
    reader.skip(4);
  }
  reader.skip(4 * lowFrequency + 4 * associatedData + 5 * couplings);
  const elementsEnd = reader.position;
  reader.skip((8 - (elementsEnd % 8)) % 8);
  reader.skip(8 * reader.bits(8)); // comment
  return { channels, elementsEnd };
}

/** Channels from GASpecificConfig, when it must name them itself. */
function readGeneralAudio(reader: BitReader, objectType: number, configuration: number): number {
  reader.skip(1); // frameLengthFlag
  reader.skip(reader.flag() ? 14 : 0); // coreCoderDelay
  const hasExtension = reader.flag();
  const channels = configuration === 0 ? readProgramConfig(reader).channels : 0;
  if (objectType === 6 || objectType === 20) {
    reader.skip(3); // layerNr
  }
  if (hasExtension) {
    reader.skip(objectType === 22 ? 16 : 0);
    reader.skip(objectType === 17 || objectType === 19 || objectType === 20 ? 3 : 0);
    reader.skip(1); // extensionFlag3
  }
  return channels;
}

/**
 * The backward-compatible signalling of SBR and PS at the end of the configuration. What is cut off
 * is not signalled: decoders find SBR and PS in the frames as well.
 */
function readExtension(reader: BitReader): { hasSbr: boolean; hasPs: boolean } {
  const hasSbr = ifWhole(
    () =>
      reader.bits(11) === SYNC_SBR && readObjectType(reader) === OBJECT_TYPE.sbr && reader.flag(),
  );
  if (hasSbr !== true) return { hasSbr: false, hasPs: false };
  const hasPs = ifWhole(() => {
    readFrequency(reader);
    return reader.bits(11) === SYNC_PS && reader.flag();
  });
  return { hasSbr: true, hasPs: hasPs === true };
}

/**
 * Reads an AudioSpecificConfig, SBR and PS signalled in either way. One that is cut off is taken
 * where rate and channels can be told.
 * @throws KvsError STATUS_MKV_INVALID_AAC_CPD, …_SAMPLING_FREQUENCY_INDEX or …_CHANNEL_CONFIG
 */
export function parseAacConfig(data: Uint8Array): AacConfig {
  try {
    return readConfig(new BitReader(data));
  } catch (error) {
    const isCutOff = error instanceof KvsError && error.code === 'STATUS_BIT_READER_OUT_OF_RANGE';
    if (!isCutOff) throw error;
    throw new KvsError(
      'STATUS_MKV_INVALID_AAC_CPD',
      `The AAC AudioSpecificConfig ends too soon: it has ${data.length} bytes`,
      { cause: error },
    );
  }
}

function readConfig(reader: BitReader): AacConfig {
  let objectType = readObjectType(reader);
  const samplingFrequencyHz = readFrequency(reader);
  const configuration = reader.bits(4);
  let channels = CHANNELS[configuration];
  if (channels === undefined) {
    throw new KvsError(
      'STATUS_MKV_INVALID_AAC_CPD_CHANNEL_CONFIG',
      `AAC channel configuration ${configuration} is not defined`,
    );
  }
  let hasSbr = objectType === OBJECT_TYPE.sbr || objectType === OBJECT_TYPE.ps;
  let hasPs = objectType === OBJECT_TYPE.ps;
  if (hasSbr) {
    readFrequency(reader);
    objectType = readObjectType(reader);
  }
  if (GENERAL_AUDIO.has(objectType)) {
    const read = (): number => readGeneralAudio(reader, objectType, configuration);
    // Some encoders cut the configuration off behind the channels: that is as good as zeros.
    if (configuration === 0) channels = read();
    else ifWhole(read);
    if (!hasSbr) ({ hasSbr, hasPs } = readExtension(reader));
  }
  if (hasPs && channels === 1) channels = 2;
  return { objectType, samplingFrequencyHz, channels, hasSbr, hasPs };
}

/**
 * Builds the two bytes of an AudioSpecificConfig for LC or another object type below 31.
 * @throws KvsError STATUS_MKV_INVALID_AAC_CPD_… for a rate or channel count that it cannot say
 */
export function buildAacConfig(
  samplingFrequencyHz: number,
  channels: number,
  objectType: number = OBJECT_TYPE.lc,
): Uint8Array {
  const index = FREQUENCIES_HZ.indexOf(samplingFrequencyHz);
  if (index < 0) {
    throw new KvsError(
      'STATUS_MKV_INVALID_AAC_CPD_SAMPLING_FREQUENCY_INDEX',
      `AAC has no index for ${samplingFrequencyHz} Hz; it has ${FREQUENCIES_HZ.join(', ')}`,
    );
  }
  const configuration = CHANNELS.indexOf(channels);
  if (configuration < 1 || configuration > 7) {
    throw new KvsError(
      'STATUS_MKV_INVALID_AAC_CPD_CHANNEL_CONFIG',
      `AAC has no simple configuration for ${channels} channels`,
    );
  }
  return packAacConfig(objectType, index, configuration);
}

/** The two bytes from the fields themselves, as an ADTS header has them. */
export function packAacConfig(
  objectType: number,
  frequencyIndex: number,
  configuration: number,
): Uint8Array {
  return Uint8Array.of(
    (objectType << 3) | (frequencyIndex >> 1),
    ((frequencyIndex & 1) << 7) | (configuration << 3),
  );
}
