import { KvsError } from '../../errors/kvs-error.ts';
import { RangeList } from '../bits/range-list.ts';
import type {
  AccessUnitPlan,
  ByteSink,
  CodecAdapter,
  TrackDescription,
  TrackFormat,
} from '../codec/codec-adapter.ts';
import { sameBytes } from '../nal/parameter-sets.ts';
import { buildAacConfig, parseAacConfig } from './aac-config.ts';
import { readAdts, startsWithAdts } from './adts.ts';

const CODEC_ID = 'A_AAC';
const CONTENT_TYPE = 'audio/aac';

/**
 * The adapter of AAC: raw frames with their AudioSpecificConfig, or ADTS, which becomes that.
 *
 * An ADTS buffer with several raw data blocks is stored as one block: its parts have no timestamps of
 * their own, and decoders take one after the other from it.
 */
export class AacAdapter implements CodecAdapter, AccessUnitPlan {
  readonly isRandomAccessPoint = true;
  readonly #description: TrackDescription;
  readonly #ranges = new RangeList();
  #isAdts: boolean | undefined;
  #format: TrackFormat | undefined;
  #formatRevision = 0;
  #byteLength = 0;

  /** @throws KvsError when codec data, rate or channels say nothing of use, or another format */
  constructor(description: TrackDescription) {
    this.#description = description;
    const { streamFormat, codecData, rateHz, channels } = description;
    if (streamFormat === 'adts' || streamFormat === 'raw') {
      this.#isAdts = streamFormat === 'adts';
    } else if (streamFormat !== undefined && streamFormat !== '') {
      throw new KvsError(
        'STATUS_INVALID_ARG',
        `AAC with stream-format=${streamFormat} cannot be stored; raw and adts can`,
        { advice: 'Put aacparse in front of kvssink.' },
      );
    }
    if (codecData !== undefined && codecData.length > 0) {
      this.#isAdts ??= false;
      this.#setConfig(new Uint8Array(codecData));
    } else if (this.#isAdts !== true && rateHz !== undefined && channels !== undefined) {
      this.#setConfig(buildAacConfig(rateHz, channels));
    } else if (this.#isAdts === false) {
      throw new KvsError(
        'STATUS_MKV_INVALID_AAC_CPD',
        'Raw AAC without codec data, and without a rate and channels to make it from',
        { advice: 'Put aacparse in front of kvssink, or set the codec private data.' },
      );
    }
  }

  get format(): TrackFormat | undefined {
    return this.#format;
  }

  get formatRevision(): number {
    return this.#formatRevision;
  }

  get byteLength(): number {
    return this.#byteLength;
  }

  plan(data: Uint8Array): AccessUnitPlan {
    if (data.length === 0) {
      throw new KvsError('STATUS_MKV_INVALID_FRAME_DATA', 'An empty AAC frame');
    }
    this.#isAdts ??= startsWithAdts(data);
    const ranges = this.#ranges;
    if (this.#isAdts) {
      const config = readAdts(data, ranges);
      if (config !== undefined) {
        this.#setConfig(config);
      } else if (this.#format === undefined) {
        throw new KvsError(
          'STATUS_MKV_INVALID_AAC_CPD_CHANNEL_CONFIG',
          'The first ADTS frame has channel configuration 0 and no program config element',
        );
      }
    } else {
      ranges.count = 0;
      ranges.add(0, data.length);
    }
    this.#byteLength = 0;
    for (let i = 0; i < ranges.count; i += 1) {
      this.#byteLength += (ranges.ends[i] as number) - (ranges.starts[i] as number);
    }
    return this;
  }

  writeTo(sink: ByteSink, data: Uint8Array): void {
    const { starts, ends, count } = this.#ranges;
    for (let i = 0; i < count; i += 1) sink.write(data, starts[i] as number, ends[i] as number);
  }

  #setConfig(codecPrivate: Uint8Array): void {
    if (sameBytes(codecPrivate, this.#format?.codecPrivate)) return;
    const { samplingFrequencyHz, channels } = parseAacConfig(codecPrivate);
    this.#format = {
      kind: 'audio',
      codecId: this.#description.codecId ?? CODEC_ID,
      contentType: this.#description.contentType ?? CONTENT_TYPE,
      codecPrivate,
      samplingFrequencyHz,
      channels,
    };
    this.#formatRevision += 1;
  }
}
