import { KvsError } from '../errors/kvs-error.ts';
import { parseH265Pps } from './h265-pps.ts';
import { parseH265Sps } from './h265-sps.ts';
import { buildHvcC, H265_NAL, HVCC_LENGTH_SIZE_OFFSET, parseHvcC } from './hvcc.ts';
import type { NalClass, NalCodec, NalFormat } from './nal-codec.ts';
import type { NalLengthSize } from './nal-units.ts';
import { type ParameterSet, ParameterSets } from './parameter-sets.ts';
import { BitReader, removeEmulationPrevention } from './rbsp.ts';

/** Types of H.265 table 7-1: BLA, IDR and CRA are 16 … 21, 22 and 23 are reserved for more. */
const FIRST_IRAP = 16;
const LAST_IRAP = 23;
const LAST_VCL = 31;
const DELIMITER = 35;

/** Enough for the flags in front of slice_pic_parameter_set_id, and for it. */
const SLICE_HEADER_BYTES = 16;

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
  readonly #sets = new ParameterSets();

  get changed(): boolean {
    return this.#sets.changed;
  }

  classify(data: Uint8Array, start: number, _end: number): NalClass {
    const type = nalType(data, start);
    if (layerId(data, start) > 0) {
      return 'other';
    }
    if (type <= LAST_VCL) {
      return type >= FIRST_IRAP && type <= LAST_IRAP ? 'random-access-slice' : 'slice';
    }
    if (type === H265_NAL.vps || type === H265_NAL.sps || type === H265_NAL.pps) {
      return 'parameter-set';
    }
    return type === DELIMITER ? 'delimiter' : 'other';
  }

  setConfiguration(record: Uint8Array): NalLengthSize {
    const { lengthSize, nals } = parseHvcC(record);
    for (const nal of nals) {
      if (this.classify(nal, 0, nal.length) === 'parameter-set') {
        this.learn(nal);
      }
    }
    const { active } = this.#sets;
    if (active !== undefined && this.#sets.all('pps').length > 0) {
      // What is stored always has 4-byte lengths, so that is what the record must say.
      const given = new Uint8Array(record);
      given[HVCC_LENGTH_SIZE_OFFSET] = (given[HVCC_LENGTH_SIZE_OFFSET] ?? 0) | 3;
      this.#sets.setGiven(given, active.id);
    }
    return lengthSize;
  }

  knows(nal: Uint8Array): boolean {
    return this.#sets.knows(nal);
  }

  learn(nal: Uint8Array): void {
    this.#sets.learn(parameterSet(new Uint8Array(nal)));
  }

  pictureCame(slice: Uint8Array, isRandomAccessPoint: boolean): void {
    this.#sets.pictureCame(isRandomAccessPoint ? slicePpsId(slice) : undefined);
  }

  format(): NalFormat | undefined {
    const sets = this.#sets;
    sets.takeChange();
    const { active } = sets;
    const pps = sets.all('pps');
    const [firstPps] = pps;
    if (active === undefined || firstPps === undefined) {
      return undefined;
    }
    const sps = parseH265Sps(active.nal);
    const codecPrivate =
      sets.given ??
      buildHvcC(sps, parseH265Pps(firstPps.nal).parallelismType, {
        vps: sets.all('vps').map(({ nal }) => nal),
        sps: sets.all('sps').map(({ nal }) => nal),
        pps: pps.map(({ nal }) => nal),
      });
    return { codecPrivate, width: sps.width, height: sps.height };
  }
}

/** A VPS, SPS or PPS NAL unit with its ids. */
function parameterSet(nal: Uint8Array): ParameterSet {
  switch (nalType(nal)) {
    case H265_NAL.sps: {
      const { id, vpsId } = parseH265Sps(nal);
      return { kind: 'sps', id, parentId: vpsId, nal };
    }
    case H265_NAL.pps: {
      const { id, spsId } = parseH265Pps(nal);
      return { kind: 'pps', id, parentId: spsId, nal };
    }
    default:
      if (nal.length < 4) {
        throw new KvsError(
          'STATUS_MKV_INVALID_H264_H265_CPD',
          `A H.265 VPS of ${nal.length} bytes makes no sense.`,
        );
      }
      return { kind: 'vps', id: (nal[2] ?? 0) >> 4, parentId: 0, nal };
  }
}

/**
 * slice_pic_parameter_set_id of a random access point's slice (H.265 7.3.6.1); undefined when
 * the slice is cut off.
 */
function slicePpsId(slice: Uint8Array): number | undefined {
  try {
    const head = removeEmulationPrevention(slice.subarray(0, SLICE_HEADER_BYTES));
    const reader = new BitReader(head, 2);
    reader.skip(2); // first_slice_segment_in_pic_flag, no_output_of_prior_pics_flag
    return reader.unsignedGolomb();
  } catch {
    return undefined;
  }
}
