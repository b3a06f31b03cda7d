import { KvsError } from '../../errors/kvs-error.ts';
import { RangeList } from '../bits/range-list.ts';
import type {
  AccessUnitPlan,
  ByteSink,
  CodecAdapter,
  TrackDescription,
  TrackFormat,
} from '../codec/codec-adapter.ts';
import type { RecoveryPoint, References } from '../codec/picture.ts';
import type { NalCodec } from './nal-codec.ts';
import { formOf, type NalForm } from './nal-form.ts';
import { beginsWithEntry } from './nal-head.ts';
import { looksLengthPrefixed, scanAnnexB, scanLengthPrefixed } from './nal-units.ts';
import { sameBytes } from './parameter-sets.ts';
import { StoredSets } from './stored-sets.ts';

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
 * would be counted as a frame. Parameter sets in it that are needed go with the next picture.
 *
 * The format is that of the header, and stays while every picture at which decoding can start finds
 * its parameter sets there or in its own access unit, and nothing changes that a reader has to know
 * before it sees them.
 */
export class NalAdapter implements CodecAdapter, AccessUnitPlan {
  readonly #codec: NalCodec;
  readonly #description: TrackDescription;
  readonly #options: NalAdapterOptions;
  #input: NalForm | undefined;
  #format: TrackFormat | undefined;
  #formatRevision = 0;
  #essentials = '';
  #before: CodecAdapter | undefined;

  readonly #nals = new RangeList();
  readonly #prefix = Uint8Array.of(0, 0, 0, 1);
  readonly #sets: StoredSets;
  #byteLength = 0;
  #isRandomAccessPoint = false;
  /** The unit is stored exactly as it came. */
  #isVerbatim = false;
  /** The NAL unit in front of which the pending parameter sets go: an AUD must stay first. */
  #pendingAt = 0;

  /** @param before what adapted the track until its description changed */
  constructor(
    codec: NalCodec,
    description: TrackDescription,
    options: NalAdapterOptions,
    before?: CodecAdapter,
  ) {
    this.#codec = codec;
    this.#description = description;
    this.#options = options;
    this.#input = options.input;
    this.#before = before;
    this.#sets = new StoredSets(codec);
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
    if (this.#before !== undefined) this.#adopt();
    if (!this.#scan(data)) {
      this.#isVerbatim = true;
      this.#byteLength = data.length;
      return this;
    }
    const firstSlice = this.#look(data);
    if (this.#format === undefined && this.#codec.changed) this.#updateFormat();
    if (firstSlice >= 0) {
      this.#secureSets();
      this.#planPicture(data);
    }
    return this;
  }

  writeTo(sink: ByteSink, data: Uint8Array): void {
    if (this.#byteLength === 0) return;
    this.#write(sink, data);
    this.#sets.wasStored();
  }

  #write(sink: ByteSink, data: Uint8Array): void {
    if (this.#isVerbatim) {
      sink.write(data, 0, data.length);
      return;
    }
    for (let i = 0; i < this.#nals.count; i += 1) {
      if (i === this.#pendingAt) {
        for (const { nal } of this.#sets.pending) this.#writeNal(sink, nal, 0, nal.length);
      }
      this.#writeNal(sink, data, this.#nals.start(i), this.#nals.end(i));
    }
  }

  /**
   * Before the first unit, when all of the adapter before have been stored: goes on with its
   * header where that serves.
   */
  #adopt(): void {
    let before = this.#before;
    this.#before = undefined;
    // One that still has its own has seen no unit.
    while (before instanceof NalAdapter && before.#before !== undefined) before = before.#before;
    if (!(before instanceof NalAdapter)) return;
    const isKept = [this.#options, before.#options].some(
      ({ isFixed, codecPrivate }) => isFixed || codecPrivate !== undefined,
    );
    const { codecId, contentType, width, height } = this.#description;
    const was = before.#description;
    const isOther = codecId !== was.codecId || contentType !== was.contentType;
    if (isKept || isOther || before.#format === undefined) return;
    if (this.#format === undefined && width === was.width && height === was.height) {
      // No codec data, as with start codes: the sets are those that came before the caps.
      this.#codec.inherit(before.#codec);
      this.#essentials = this.#codec.format()?.essentials ?? '';
    }
    if (this.#essentials !== before.#essentials) return;
    this.#format = before.#format;
    this.#formatRevision = before.#formatRevision;
    this.#sets.inherit(before.#sets);
  }

  /** Every reader of the picture has its parameter sets, and its essentials in the header. */
  #secureSets(): void {
    if (this.#options.isFixed === true || this.#format === undefined) return;
    const isMissing = this.#sets.missing.length > 0;
    if (!this.#sets.isStart) {
      if (isMissing) this.#sets.insertMissing();
      return;
    }
    if (!isMissing && !this.#codec.changed) return;
    if (this.#codec.format()?.essentials !== this.#essentials || isMissing) this.#updateFormat();
  }

  /** Takes what the codec knows as the track's format, and counts when it is another. */
  #updateFormat(): void {
    const known = this.#codec.format();
    if (known === undefined && this.#options.codecPrivate === undefined) return;
    this.#essentials = known?.essentials ?? '';
    this.#sets.headerIsNew();
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
    this.#sets.beginUnit();
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
        this.#takeSet(data.subarray(start, end));
      }
    }
    if (firstSlice < 0) {
      this.#sets.keepForNext();
      return -1;
    }
    this.#isRandomAccessPoint = isRandomAccessPoint;
    const slice = data.subarray(nals.start(firstSlice), nals.end(firstSlice));
    codec.pictureCame(slice, isRandomAccessPoint);
    codec.references.look(data, nals.start(firstSlice), nals.end(firstSlice), recovery);
    this.#sets.beginPicture(isRandomAccessPoint || codec.references.entry !== 'inter');
    for (let i = firstSlice; i < nals.count; i += 1) {
      this.#sets.useOf(data, nals.start(i), nals.end(i));
    }
    return firstSlice;
  }

  /**
   * A damaged parameter set stays in its frame and is otherwise passed over, unless the track's
   * format hangs on it: a picture that a decoder conceals is better than none.
   */
  #takeSet(nal: Uint8Array): void {
    const known = this.#codec.knows(nal);
    if (known !== undefined) {
      this.#sets.came(known, false);
      return;
    }
    try {
      this.#sets.came(this.#codec.learn(nal), true);
    } catch (error) {
      if (this.#format === undefined) throw error;
    }
  }

  #planPicture(data: Uint8Array): void {
    if (this.#options.output === 'as-it-came') {
      this.#isVerbatim = true;
      this.#byteLength = data.length;
      this.#sets.forgetPending();
      return;
    }
    const nals = this.#nals;
    const { pending } = this.#sets;
    let byteLength = PREFIX_BYTES * nals.count;
    for (let i = 0; i < nals.count; i += 1) byteLength += nals.end(i) - nals.start(i);
    this.#isVerbatim = this.#inputIsOutput() && byteLength === data.length && pending.length === 0;
    for (const { nal } of pending) byteLength += PREFIX_BYTES + nal.length;
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
      throw new KvsError('STATUS_MKV_INVALID_FRAME_DATA', 'An access unit without any byte');
    }
    this.#input = this.#formOf(data);
    try {
      this.#split(data, this.#input);
      return true;
    } catch (error) {
      if (this.#options.output === 'as-it-came') return false;
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
        `No start code in an access unit of ${data.length} bytes that is declared as byte-stream`,
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
