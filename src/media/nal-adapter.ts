import { KvsError } from '../errors/kvs-error.ts';
import type { NalCodec } from './nal-codec.ts';
import { formOf, type NalForm } from './nal-form.ts';
import { beginsWithEntry } from './nal-head.ts';
import { looksLengthPrefixed, scanAnnexB, scanLengthPrefixed } from './nal-units.ts';
import { sameBytes } from './parameter-sets.ts';
import type { RecoveryPoint, References } from './picture.ts';
import { RangeList } from './range-list.ts';
import type {
  AccessUnitPlan,
  ByteSink,
  CodecAdapter,
  TrackDescription,
  TrackFormat,
} from './types.ts';

/** What the adapter is told beside the codec. */
export type NalAdapterOptions = {
  /** Form that the access units are said to have; undefined: the first one shows it. */
  readonly input: NalForm | undefined;
  /** Form in which they are stored: 4-byte lengths, 4-byte start codes, or not touched. */
  readonly output: NalForm['kind'] | 'as-it-came';
  /** The input is of this form whatever the bytes look like. */
  readonly isFixed?: boolean;
  /** Codec private data that is stored as it is, whatever the parameter sets say. */
  readonly codecPrivate?: Uint8Array;
  /** Codec private data is avcC or hvcC even where the frames have start codes. */
  readonly convertsCodecData?: boolean;
};

/** Bytes of a length prefix, and of a start code, as written. */
const PREFIX_BYTES = 4;

/**
 * The adapter of H.264 and H.265. It knows the parameter sets of the track from its codec data
 * and from every access unit, and stores access units with 4-byte lengths (or start codes).
 *
 * NAL units are stored as they come, parameter sets, delimiters and SEI included, as upstream
 * does. An access unit without a picture is not stored (byteLength 0): a block without a picture
 * would be counted as a frame. Parameter sets in it that are new go with the next picture.
 */
export class NalAdapter implements CodecAdapter, AccessUnitPlan {
  readonly #codec: NalCodec;
  readonly #description: TrackDescription;
  readonly #options: NalAdapterOptions;
  #input: NalForm | undefined;
  #format: TrackFormat | undefined;
  #formatRevision = 0;

  readonly #nals = new RangeList();
  readonly #prefix = Uint8Array.of(0, 0, 0, 1);
  /** Parameter sets of units without a picture, to go with the next picture. */
  #pending: Uint8Array[] = [];
  /** The last unit had a picture, so the pending parameter sets went with it. */
  #pendingSpent = false;
  #byteLength = 0;
  #isRandomAccessPoint = false;
  /** The unit is stored exactly as it came. */
  #isVerbatim = false;
  /** The NAL unit in front of which the pending parameter sets go: an AUD must stay first. */
  #pendingAt = 0;

  constructor(codec: NalCodec, description: TrackDescription, options: NalAdapterOptions) {
    this.#codec = codec;
    this.#description = description;
    this.#options = options;
    this.#input = options.input;
    this.#updateFormat();
  }

  get format(): TrackFormat | undefined {
    return this.#format;
  }

  get formatRevision(): number {
    return this.#formatRevision;
  }

  get references(): References {
    return this.#codec.references;
  }

  /** True when the bytes are of another form than the caps promised. */
  get isMisdeclared(): boolean {
    const promised = this.#options.input;
    return promised !== undefined && this.#input?.kind !== promised.kind;
  }

  startsDecoding(data: Uint8Array): boolean {
    return beginsWithEntry(this.#codec, data, this.#formOf(data));
  }

  get byteLength(): number {
    return this.#byteLength;
  }

  get isRandomAccessPoint(): boolean {
    return this.#isRandomAccessPoint;
  }

  plan(data: Uint8Array): AccessUnitPlan {
    this.#byteLength = 0;
    this.#isRandomAccessPoint = false;
    if (this.#pendingSpent) {
      this.#pending = [];
      this.#pendingSpent = false;
    }
    if (!this.#scan(data)) {
      this.#isVerbatim = true;
      this.#byteLength = data.length;
      return this;
    }
    const firstSlice = this.#look(data);
    if (this.#codec.changed) {
      this.#updateFormat();
    }
    if (firstSlice >= 0) {
      this.#planPicture(data);
    }
    return this;
  }

  writeTo(sink: ByteSink, data: Uint8Array): void {
    if (this.#byteLength === 0) {
      return;
    }
    if (this.#isVerbatim) {
      sink.write(data, 0, data.length);
      return;
    }
    for (let i = 0; i < this.#nals.count; i += 1) {
      if (i === this.#pendingAt) {
        for (const nal of this.#pending) {
          this.#writeNal(sink, nal, 0, nal.length);
        }
      }
      this.#writeNal(sink, data, this.#nals.start(i), this.#nals.end(i));
    }
  }

  /** Takes what the codec knows as the track's format, and counts when it is another. */
  #updateFormat(): void {
    const known = this.#codec.format();
    if (known === undefined && this.#options.codecPrivate === undefined) {
      return;
    }
    // Frames with start codes beside an avcC would be read as if they had lengths.
    const codecPrivate =
      this.#options.codecPrivate ?? (this.#wantsNoRecord() ? undefined : known?.codecPrivate);
    const width = known?.width ?? this.#description.width;
    const height = known?.height ?? this.#description.height;
    const last = this.#format;
    if (
      last !== undefined &&
      last.width === width &&
      last.height === height &&
      sameBytes(last.codecPrivate, codecPrivate)
    ) {
      return;
    }
    this.#format = {
      kind: 'video',
      codecId: this.#description.codecId ?? this.#codec.codecId,
      contentType: this.#description.contentType ?? this.#codec.contentType,
      ...(codecPrivate === undefined ? {} : { codecPrivate }),
      ...(width === undefined || height === undefined ? {} : { width, height }),
    };
    this.#formatRevision += 1;
  }

  /**
   * Looks at every NAL unit that was found.
   * @returns which of them is the picture's first slice, or -1
   */
  #look(data: Uint8Array): number {
    const [codec, nals] = [this.#codec, this.#nals];
    let firstSlice = -1;
    let isRandomAccessPoint = false;
    let recovery: RecoveryPoint | undefined;
    let hasNewSet = false;
    for (let i = 0; i < nals.count; i += 1) {
      const start = nals.start(i);
      const end = nals.end(i);
      const kind = codec.classify(data, start, end);
      if (kind === 'slice' || kind === 'random-access-slice') {
        firstSlice = firstSlice < 0 ? i : firstSlice;
      }
      if (kind === 'random-access-slice') {
        isRandomAccessPoint = true;
      } else if (kind === 'recovery-point') {
        isRandomAccessPoint = true;
        recovery = 'open';
      } else if (kind === 'gradual-recovery-point') {
        recovery ??= 'gradual';
      } else if (kind === 'parameter-set') {
        const nal = data.subarray(start, end);
        hasNewSet = (!codec.knows(nal) && this.#learn(nal)) || hasNewSet;
      }
    }
    if (firstSlice < 0) {
      this.#keepParameterSets(data, hasNewSet);
      return -1;
    }
    this.#isRandomAccessPoint = isRandomAccessPoint;
    const slice = data.subarray(nals.start(firstSlice), nals.end(firstSlice));
    codec.pictureCame(slice, isRandomAccessPoint);
    codec.references.look(data, nals.start(firstSlice), nals.end(firstSlice), recovery);
    return firstSlice;
  }

  /**
   * Keeps the parameter sets of a unit without a picture for the next picture. With a new one go
   * those that did not change: a decoder drops a PPS when its SPS is replaced.
   */
  #keepParameterSets(data: Uint8Array, hasNewSet: boolean): void {
    if (!hasNewSet && this.#pending.length === 0) {
      return;
    }
    for (let i = 0; i < this.#nals.count; i += 1) {
      const [start, end] = [this.#nals.start(i), this.#nals.end(i)];
      if (this.#codec.classify(data, start, end) === 'parameter-set') {
        this.#pending.push(new Uint8Array(data.subarray(start, end)));
      }
    }
  }

  /**
   * A damaged parameter set stays in its frame and is otherwise passed over, unless the track's
   * format hangs on it: a picture that a decoder conceals is better than none.
   */
  #learn(nal: Uint8Array): boolean {
    try {
      this.#codec.learn(nal);
      return true;
    } catch (error) {
      if (this.#format === undefined) {
        throw error;
      }
      return false;
    }
  }

  #planPicture(data: Uint8Array): void {
    if (this.#options.output === 'as-it-came') {
      this.#isVerbatim = true;
      this.#byteLength = data.length;
      this.#pending = [];
      return;
    }
    const nals = this.#nals;
    let byteLength = PREFIX_BYTES * nals.count;
    for (let i = 0; i < nals.count; i += 1) {
      byteLength += nals.end(i) - nals.start(i);
    }
    this.#isVerbatim =
      this.#inputIsOutput() && byteLength === data.length && this.#pending.length === 0;
    for (const nal of this.#pending) {
      byteLength += PREFIX_BYTES + nal.length;
    }
    this.#pendingSpent = this.#pending.length > 0;
    this.#byteLength = byteLength;
    const isDelimiter = this.#codec.classify(data, nals.start(0), nals.end(0)) === 'delimiter';
    this.#pendingAt = isDelimiter ? 1 : 0;
  }

  #wantsNoRecord(): boolean {
    const { output } = this.#options;
    const stored = output === 'as-it-came' ? this.#input?.kind : output;
    return stored === 'annex-b' && this.#options.convertsCodecData !== true;
  }

  #inputIsOutput(): boolean {
    return (
      this.#input?.kind === 'length-prefixed' &&
      this.#options.output === 'length-prefixed' &&
      this.#input.lengthSize === PREFIX_BYTES
    );
  }

  #writeNal(sink: ByteSink, source: Uint8Array, start: number, end: number): void {
    const prefix = this.#prefix;
    const length = this.#options.output === 'annex-b' ? 1 : end - start;
    prefix[0] = length >>> 24;
    prefix[1] = length >>> 16;
    prefix[2] = length >>> 8;
    prefix[3] = length;
    sink.write(prefix, 0, PREFIX_BYTES);
    sink.write(source, start, end);
  }

  /**
   * Finds the NAL units.
   * @returns false when there are none to be found and the unit is stored as it came anyway
   */
  #scan(data: Uint8Array): boolean {
    if (data.length === 0) {
      throw new KvsError('STATUS_MKV_INVALID_FRAME_DATA', 'An access unit without any byte.');
    }
    this.#input = this.#formOf(data);
    try {
      this.#split(data, this.#input);
      return true;
    } catch (error) {
      if (this.#options.output === 'as-it-came') {
        return false;
      }
      throw error;
    }
  }

  #split(data: Uint8Array, input: NalForm): void {
    if (input.kind === 'length-prefixed') {
      scanLengthPrefixed(data, input.lengthSize, this.#nals);
      return;
    }
    scanAnnexB(data, this.#nals);
    if (this.#nals.count === 0 && data.some((byte) => byte > 1)) {
      throw new KvsError(
        'STATUS_MKV_INVALID_ANNEXB_NALU_IN_FRAME_DATA',
        `No start code in an access unit of ${data.length} bytes that is declared as byte-stream.`,
        {
          advice: looksLengthPrefixed(data)
            ? 'The data has 4-byte lengths: declare stream-format=avc (or hvc1).'
            : 'Put h264parse or h265parse in front of kvssink.',
        },
      );
    }
  }

  /** Flags of an application hold whatever the bytes look like. */
  #formOf(data: Uint8Array): NalForm {
    const known = this.#input;
    return known !== undefined && this.#options.isFixed === true ? known : formOf(data, known);
  }
}
