import { ServiceError } from '../../errors/service-error.ts';
import type { Mp4Track } from '../fmp4/codec.ts';

const START_CODE = Uint8Array.of(0, 0, 0, 1);

/** How frames of a video track become an elementary stream. */
export type AnnexB = {
  readonly isHevc: boolean;
  /** Bytes of a NAL unit's length in a frame. */
  readonly lengthBytes: number;
  readonly parameterSets: readonly Uint8Array[];
};

/**
 * What the codec private data of H.264 or H.265 say (ISO/IEC 14496-15, 5.3.3.1 and 8.3.3.1).
 * @throws ServiceError InvalidCodecPrivateDataException when they end too early
 */
export function annexB({ codec, configuration, number }: Mp4Track): AnnexB {
  const bytes = Buffer.from(configuration);
  try {
    return codec.startsWith('avc1') ? fromAvcC(bytes) : fromHvcC(bytes);
  } catch (cause) {
    const message = `The codec private data of track ${number} end within a parameter set.`;
    throw new ServiceError('InvalidCodecPrivateDataException', message, { cause });
  }
}

/**
 * A frame with start codes, behind an access unit delimiter; a key frame behind its parameter sets.
 * @throws ServiceError InvalidMediaFrameException for a frame that its lengths do not divide
 */
export function toAnnexB(settings: AnnexB, frame: Uint8Array, isKeyFrame: boolean): Buffer {
  const { isHevc, parameterSets } = settings;
  const units = nalUnits(settings, frame);
  const delimiter = isHevc ? Uint8Array.of(0x46, 0x01, 0x50) : Uint8Array.of(0x09, 0xf0);
  const own = units.filter((unit) => unit.length > 0 && !isDelimiter(unit, isHevc));
  const all = [delimiter, ...(isKeyFrame ? parameterSets : []), ...own];
  return Buffer.concat(all.flatMap((unit) => [START_CODE, unit]));
}

/**
 * The NAL units of a frame, which views of it stay.
 * @throws ServiceError InvalidMediaFrameException for a frame that its lengths do not divide
 */
export function nalUnits({ lengthBytes }: AnnexB, frame: Uint8Array): Uint8Array[] {
  const units: Uint8Array[] = [];
  for (let at = 0; at < frame.length; ) {
    const start = at + lengthBytes;
    let length = 0;
    for (; at < start; at++) length = length * 256 + (frame[at] ?? 0);
    at = start + length;
    if (at > frame.length) {
      throw new ServiceError('InvalidMediaFrameException', 'A frame ends within a NAL unit.');
    }
    units.push(frame.subarray(start, at));
  }
  return units;
}

function isDelimiter(unit: Uint8Array, isHevc: boolean): boolean {
  const header = unit[0] ?? 0;
  return isHevc ? ((header >> 1) & 0x3f) === 35 : (header & 0x1f) === 9;
}

function fromAvcC(bytes: Buffer): AnnexB {
  const parameterSets: Uint8Array[] = [];
  let at = 5;
  for (const mask of [0x1f, 0xff]) {
    let count = (bytes[at++] ?? 0) & mask;
    for (; count > 0; count--) {
      parameterSets.push(sized(bytes, at));
      at += 2 + bytes.readUInt16BE(at);
    }
  }
  return { isHevc: false, lengthBytes: ((bytes[4] ?? 0) & 3) + 1, parameterSets };
}

function fromHvcC(bytes: Buffer): AnnexB {
  const parameterSets: Uint8Array[] = [];
  let at = 23;
  for (let arrays = bytes[22] ?? 0; arrays > 0; arrays--) {
    let count = bytes.readUInt16BE(at + 1);
    at += 3;
    for (; count > 0; count--) {
      parameterSets.push(sized(bytes, at));
      at += 2 + bytes.readUInt16BE(at);
    }
  }
  return { isHevc: true, lengthBytes: ((bytes[21] ?? 0) & 3) + 1, parameterSets };
}

/** Bytes behind a length of 16 bits. */
function sized(bytes: Buffer, at: number): Uint8Array {
  const end = at + 2 + bytes.readUInt16BE(at);
  if (end <= bytes.length) return bytes.subarray(at + 2, end);
  throw new RangeError('A parameter set ends outside of the codec private data');
}
