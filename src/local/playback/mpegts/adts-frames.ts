import { ServiceError } from '../../errors/service-error.ts';
import type { Mp4Track } from '../fmp4/codec.ts';

const HEADER_BYTES = 7;
const SAMPLING_FREQUENCIES_HZ = [
  96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000,
  7_350,
];

/** What every ADTS header of a track says (ISO/IEC 13818-7, 6.2). */
export type Adts = {
  /** The audio object type less 1. */
  readonly profile: number;
  readonly frequencyIndex: number;
  readonly channels: number;
};

/**
 * From an AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2.1). Of HE-AAC the header names the core, which
 * is what its decoders expect.
 * @throws ServiceError InvalidCodecPrivateDataException for what ADTS cannot say
 */
export function adts({ configuration, number }: Mp4Track): Adts {
  const [a = 0, b = 0, c = 0, d = 0, e = 0] = configuration;
  const objectType = a >> 3;
  let frequencyIndex = ((a & 7) << 1) | (b >> 7);
  let channels = (b >> 3) & 0x0f;
  if (frequencyIndex === 15) {
    const hz = ((b & 0x7f) << 17) | (c << 9) | (d << 1) | (e >> 7);
    frequencyIndex = SAMPLING_FREQUENCIES_HZ.indexOf(hz);
    channels = (e >> 3) & 0x0f;
  }
  const isExtended = objectType === 5 || objectType === 29;
  const profile = isExtended ? 1 : objectType - 1;
  if (profile >= 0 && profile <= 3 && frequencyIndex >= 0 && channels > 0 && channels < 8) {
    return { profile, frequencyIndex, channels };
  }
  throw new ServiceError(
    'InvalidCodecPrivateDataException',
    `The AAC of track ${number} (object type ${objectType}, ${channels} channels) does not go into MPEG-TS.`,
  );
}

/** A frame behind its header. */
export function toAdts({ profile, frequencyIndex, channels }: Adts, frame: Uint8Array): Buffer {
  const length = HEADER_BYTES + frame.length;
  const header = Uint8Array.of(
    0xff,
    0xf1,
    (profile << 6) | (frequencyIndex << 2) | (channels >> 2),
    ((channels & 3) << 6) | (length >> 11),
    (length >> 3) & 0xff,
    ((length & 7) << 5) | 0x1f,
    0xfc,
  );
  return Buffer.concat([header, frame]);
}
