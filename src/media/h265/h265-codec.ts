import { KvsError } from '../../errors/kvs-error.ts';
import type { NalClass, NalCodec, NalFormat } from '../nal/nal-codec.ts';
import type { NalLengthSize } from '../nal/nal-units.ts';
import { type ParameterSet, ParameterSets } from '../nal/parameter-sets.ts';
import { recoveryPoint } from '../nal/recovery-point.ts';
import { parseH265Pps } from './h265-pps.ts';
import { H265References } from './h265-references.ts';
import { type H265Fields, H265SliceHeader } from './h265-slice.ts';
import { type H265Sps, parseH265Sps } from './h265-sps.ts';
import { buildHvcC, H265_NAL, HVCC_LENGTH_SIZE_OFFSET, parseHvcC } from './hvcc.ts';

/** Types of H.265 table 7-1: BLA, IDR and CRA are 16 … 21, 22 and 23 are reserved for more. */
const FIRST_IRAP = 16;
const LAST_IRAP = 23;
const LAST_VCL = 31;
const DELIMITER = 35;
const PREFIX_SEI = 39;

function nalType(nal: Uint8Array, start = 0): number {
  return ((nal[start] ?? 0) >> 1) & 0x3f;
}

/** nuh_layer_id: above 0 are enhancement layers, which no reader of the track needs. */
function layerId(data: Uint8Array, start: number): number {
  return (((data[start] ?? 0) & 1) << 5) | ((data[start + 1] ?? 0) >> 3);
}

/** H.265's NAL units, parameter sets and hvcC. */
export class H265Codec implements NalCodec {
  readonly codecId = 'V_MPEGH/ISO/HEVC';
  readonly contentType = 'video/h265';
  readonly sets = new ParameterSets<H265Fields>();
  readonly slice: H265SliceHeader = new H265SliceHeader(this.sets);
  readonly references: H265References = new H265References(this.slice);

  classify(data: Uint8Array, start: number, end: number): NalClass {
    const type = nalType(data, start);
    if (layerId(data, start) > 0) return 'other';
    if (type <= LAST_VCL) {
      return type >= FIRST_IRAP && type <= LAST_IRAP ? 'random-access-slice' : 'slice';
    }
    if (type === H265_NAL.vps || type === H265_NAL.sps || type === H265_NAL.pps) {
      return 'parameter-set';
    }
    // Decoders begin at IRAP pictures alone, whatever the count is.
    if (type === PREFIX_SEI && recoveryPoint(data, start + 2, end) !== 'none') {
      return 'gradual-recovery-point';
    }
    return type === DELIMITER ? 'delimiter' : 'other';
  }

  setConfiguration(record: Uint8Array): NalLengthSize {
    const { lengthSize, nals } = parseHvcC(record);
    for (const nal of nals) {
      if (this.classify(nal, 0, nal.length) === 'parameter-set') this.learn(nal);
    }
    const { active } = this.sets;
    if (active !== undefined && this.sets.all('pps').length > 0) {
      // What is stored always has 4-byte lengths, so that is what the record must say.
      const given = new Uint8Array(record);
      given[HVCC_LENGTH_SIZE_OFFSET] = (given[HVCC_LENGTH_SIZE_OFFSET] ?? 0) | 3;
      this.sets.setGiven(given, active.id);
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
    const pps = sets.all('pps');
    const [firstPps] = pps;
    if (sps === undefined || firstPps === undefined) return undefined;
    const codecPrivate =
      sets.given ??
      buildHvcC(sps, firstPps.fields.parallelismType, {
        vps: sets.all('vps').map(({ nal }) => nal),
        sps: sets.all('sps').map(({ nal }) => nal),
        pps: pps.map(({ nal }) => nal),
      });
    const { width, height } = sps;
    return { codecPrivate, width, height, essentials: essentialsOf(sps) };
  }
}

/** What hvcC says of how to decode, beside the sets, and the size. */
function essentialsOf(sps: H265Sps): string {
  const { profileTierLevel, chromaFormatIdc, bitDepthLuma, bitDepthChroma, width, height } = sps;
  return [profileTierLevel, chromaFormatIdc, bitDepthLuma, bitDepthChroma, width, height].join();
}

/** A VPS, SPS or PPS NAL unit with its ids. */
function parameterSet(nal: Uint8Array): ParameterSet {
  switch (nalType(nal)) {
    case H265_NAL.sps: {
      const sps = parseH265Sps(nal);
      return { kind: 'sps', id: sps.id, parentId: sps.vpsId, nal, fields: sps };
    }
    case H265_NAL.pps: {
      const pps = parseH265Pps(nal);
      return { kind: 'pps', id: pps.id, parentId: pps.spsId, nal, fields: pps };
    }
    default:
      if (nal.length < 4) {
        throw new KvsError(
          'STATUS_MKV_INVALID_H264_H265_CPD',
          `An H.265 VPS of ${nal.length} bytes is not valid`,
        );
      }
      return { kind: 'vps', id: (nal[2] ?? 0) >> 4, parentId: 0, nal, fields: undefined };
  }
}
