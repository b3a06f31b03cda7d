import type { NalClass, NalCodec, NalFormat } from '../nal/nal-codec.ts';
import type { NalLengthSize } from '../nal/nal-units.ts';
import { type ParameterSet, ParameterSets } from '../nal/parameter-sets.ts';
import { recoveryPoint } from '../nal/recovery-point.ts';
import { buildAvcC, parseAvcC } from './avcc.ts';
import { parseH264Pps } from './h264-pps.ts';
import { H264References } from './h264-references.ts';
import { type H264Fields, H264SliceHeader } from './h264-slice.ts';
import { type H264Sps, parseH264Sps } from './h264-sps.ts';

/** nal_unit_type of H.264 table 7-1. */
const NAL = { slice: 1, partitionC: 4, idr: 5, sei: 6, sps: 7, pps: 8, delimiter: 9 } as const;

/**
 * A count above 0 (gradual intra refresh) is not a random access point: a player that starts there
 * shows broken pictures.
 */
const RECOVERY_POINTS = {
  none: 'other',
  open: 'recovery-point',
  gradual: 'gradual-recovery-point',
} as const;

/** H.264's NAL units, parameter sets and avcC. */
export class H264Codec implements NalCodec {
  readonly codecId = 'V_MPEG4/ISO/AVC';
  readonly contentType = 'video/h264';
  readonly sets = new ParameterSets<H264Fields>();
  readonly slice: H264SliceHeader = new H264SliceHeader(this.sets);
  readonly references: H264References = new H264References(this.slice);

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
        return RECOVERY_POINTS[recoveryPoint(data, start + 1, end)];
      default:
        return type >= NAL.slice && type <= NAL.partitionC ? 'slice' : 'other';
    }
  }

  setConfiguration(record: Uint8Array): NalLengthSize {
    const { lengthSize, sps, pps } = parseAvcC(record);
    for (const nal of [...sps, ...pps]) this.learn(nal);
    const [first] = sps;
    if (first !== undefined && pps.length > 0) {
      // What is stored always has 4-byte lengths, so that is what the record must say.
      const given = new Uint8Array(record);
      given[4] = (given[4] ?? 0) | 3;
      this.sets.setGiven(given, parameterSet(first).id);
    }
    return lengthSize;
  }

  learn(nal: Uint8Array): ParameterSet {
    return this.sets.learn(parameterSet(new Uint8Array(nal)));
  }

  ppsIdOf(data: Uint8Array, start: number, end: number): number | undefined {
    return this.slice.ppsIdOf(data, start, end);
  }

  format(): NalFormat | undefined {
    const { sets } = this;
    const sps = sets.active?.fields;
    const pps = sets.all('pps').map(({ nal }) => nal);
    if (sps === undefined || pps.length === 0) return undefined;
    const spsNals = sets.all('sps').map(({ nal }) => nal);
    const codecPrivate = sets.given ?? buildAvcC(sps, spsNals, pps);
    const { width, height } = sps;
    return { codecPrivate, width, height, essentials: essentialsOf(sps) };
  }
}

/** What avcC says beside the sets, and the size. */
function essentialsOf(sps: H264Sps): string {
  const { profileIdc, constraintFlags, levelIdc, chromaFormatIdc, width, height } = sps;
  return [
    ...[profileIdc, constraintFlags, levelIdc, chromaFormatIdc],
    ...[sps.bitDepthLuma, sps.bitDepthChroma, width, height],
  ].join();
}

/** A SPS or PPS NAL unit with its ids. */
function parameterSet(nal: Uint8Array): ParameterSet {
  if (((nal[0] ?? 0) & 0x1f) === NAL.sps) {
    const sps = parseH264Sps(nal);
    return { kind: 'sps', id: sps.id, parentId: 0, nal, fields: sps };
  }
  const pps = parseH264Pps(nal);
  return { kind: 'pps', id: pps.id, parentId: pps.spsId, nal, fields: pps };
}
