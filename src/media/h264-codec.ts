import { buildAvcC, parseAvcC } from './avcc.ts';
import { type H264Pps, parseH264Pps } from './h264-pps.ts';
import { H264SliceHeader, type H264SliceSets } from './h264-slice.ts';
import { type H264Sps, parseH264Sps } from './h264-sps.ts';
import type { NalClass, NalCodec, NalFormat } from './nal-codec.ts';
import type { NalLengthSize } from './nal-units.ts';
import { type ParameterSet, ParameterSets } from './parameter-sets.ts';

/** nal_unit_type of H.264 table 7-1. */
const NAL = { slice: 1, partitionC: 4, idr: 5, sei: 6, sps: 7, pps: 8, delimiter: 9 } as const;

/** payloadType of the recovery point SEI message (H.264 D.1). */
const SEI_RECOVERY_POINT = 6;

/**
 * True when a SEI NAL unit has a recovery point message with recovery_frame_cnt 0: pictures are
 * right from here on, as at the I pictures of an open GOP. A count above 0 (gradual intra
 * refresh) is not a random access point: a player that starts there shows broken pictures.
 */
function saysRecoveryPoint(data: Uint8Array, start: number, end: number): boolean {
  let at = start + 1;
  let zeros = 0;
  const next = (): number => {
    let byte = data[at] ?? 0;
    at += 1;
    if (zeros >= 2 && byte === 3) {
      byte = data[at] ?? 0;
      at += 1;
      zeros = 0;
    }
    zeros = byte === 0 ? zeros + 1 : 0;
    return byte;
  };
  const sum = (): number => {
    let total = 0;
    for (let byte = 255; byte === 255 && at < end; ) {
      byte = next();
      total += byte;
    }
    return total;
  };
  while (at + 2 < end) {
    const type = sum();
    const size = sum();
    if (type === SEI_RECOVERY_POINT) {
      // recovery_frame_cnt is ue(v): 0 is a single set bit.
      return at < end && next() >= 0x80;
    }
    for (let i = 0; i < size && at < end; i += 1) {
      next();
    }
  }
  return false;
}

type Fields = { readonly sps: H264Sps } | { readonly pps: H264Pps };

/** H.264's NAL units, parameter sets and avcC. */
export class H264Codec implements NalCodec, H264SliceSets {
  readonly codecId = 'V_MPEG4/ISO/AVC';
  readonly contentType = 'video/h264';
  readonly #sets = new ParameterSets<Fields>();
  readonly #slice = new H264SliceHeader();

  get changed(): boolean {
    return this.#sets.changed;
  }

  classify(data: Uint8Array, start: number, end: number): NalClass {
    const type = (data[start] ?? 0) & 0x1f;
    switch (type) {
      case NAL.idr:
        return 'random-access-slice';
      case NAL.sps:
      case NAL.pps:
        return 'parameter-set';
      case NAL.delimiter:
        return 'delimiter';
      case NAL.sei:
        return saysRecoveryPoint(data, start, end) ? 'recovery-point' : 'other';
      default:
        return type >= NAL.slice && type <= NAL.partitionC ? 'slice' : 'other';
    }
  }

  setConfiguration(record: Uint8Array): NalLengthSize {
    const { lengthSize, sps, pps } = parseAvcC(record);
    for (const nal of [...sps, ...pps]) {
      this.learn(nal);
    }
    const [first] = sps;
    if (first !== undefined && pps.length > 0) {
      // What is stored always has 4-byte lengths, so that is what the record must say.
      const given = new Uint8Array(record);
      given[4] = (given[4] ?? 0) | 3;
      this.#sets.setGiven(given, parameterSet(first).id);
    }
    return lengthSize;
  }

  sps(id: number): H264Sps | undefined {
    const fields = this.#sets.get('sps', id)?.fields;
    return fields !== undefined && 'sps' in fields ? fields.sps : undefined;
  }

  pps(id: number): H264Pps | undefined {
    const fields = this.#sets.get('pps', id)?.fields;
    return fields !== undefined && 'pps' in fields ? fields.pps : undefined;
  }

  /**
   * The header of the slice data[start, end); the object is used again by the next call.
   * Undefined when its sets are not known or it is cut off.
   */
  readSlice(data: Uint8Array, start: number, end: number): H264SliceHeader | undefined {
    return this.#slice.read(data, start, end, this) ? this.#slice : undefined;
  }

  knows(nal: Uint8Array): boolean {
    return this.#sets.knows(nal);
  }

  learn(nal: Uint8Array): void {
    this.#sets.learn(parameterSet(new Uint8Array(nal)));
  }

  pictureCame(slice: Uint8Array, isRandomAccessPoint: boolean): void {
    const header = isRandomAccessPoint ? this.readSlice(slice, 0, slice.length) : undefined;
    this.#sets.pictureCame(header?.pps.id);
  }

  format(): NalFormat | undefined {
    const sets = this.#sets;
    sets.takeChange();
    const { active } = sets;
    const pps = sets.all('pps').map(({ nal }) => nal);
    if (active === undefined || pps.length === 0) {
      return undefined;
    }
    const sps = this.sps(active.id) as H264Sps;
    const spsNals = sets.all('sps').map(({ nal }) => nal);
    const codecPrivate = sets.given ?? buildAvcC(sps, spsNals, pps);
    return { codecPrivate, width: sps.width, height: sps.height };
  }
}

/** A SPS or PPS NAL unit with its ids. */
function parameterSet(nal: Uint8Array): ParameterSet<Fields> {
  if (((nal[0] ?? 0) & 0x1f) === NAL.sps) {
    const sps = parseH264Sps(nal);
    return { kind: 'sps', id: sps.id, parentId: 0, nal, fields: { sps } };
  }
  const pps = parseH264Pps(nal);
  return { kind: 'pps', id: pps.id, parentId: pps.spsId, nal, fields: { pps } };
}
