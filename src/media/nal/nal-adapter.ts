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
import type { NalCodec, NalFormat } from './nal-codec.ts';
import { formOf, type NalForm } from './nal-form.ts';
import { beginsWithEntry } from './nal-head.ts';
import { looksLengthPrefixed, scanAnnexB, scanLengthPrefixed } from './nal-units.ts';
import { type ParameterSet, sameBytes } from './parameter-sets.ts';
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
  format: TrackFormat | undefined;
  formatRevision = 0;
  readonly references: References;
  byteLength = 0;
  isRandomAccessPoint = false;
  #input: NalForm | undefined;
  #essentials = '';
  #before: CodecAdapter | undefined;

  readonly #nals = new RangeList();
  readonly #prefix = Uint8Array.of(0, 0, 0, 1);
  readonly #sets: StoredSets;
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
    this.references = codec.references;
    this.#description = description;
    this.#options = options;
    this.#input = options.input;
    this.#before = before;
    this.#sets = new StoredSets(codec);
    this.#updateFormat();
  }

  /** True when the bytes are of another form than the caps promised. */
  get isMisdeclared(): boolean {
    const promised = this.#options.input;
    return promised !== undefined && this.#input?.kind !== promised.kind;
  }

  startsDecoding(data: Uint8Array): boolean {
    return beginsWithEntry(this.#codec, data, formOf(data, this.#input, this.#options.isFixed));
  }

  plan(data: Uint8Array): AccessUnitPlan {
    this.byteLength = 0;
    this.isRandomAccessPoint = false;
    if (this.#before !== undefined) this.#adopt();
    if (!this.#scan(data)) {
      this.#isVerbatim = true;
      this.byteLength = data.length;
      return this;
    }
    const hasPicture = this.#look(data);
    if (this.format === undefined && this.#codec.sets.changed) this.#updateFormat();
    if (hasPicture) {
      if (this.#sets.missing.length > 0 || this.#codec.sets.changed) this.#secureSets();
      this.#planPicture(data);
    }
    return this;
  }

  writeTo(sink: ByteSink, data: Uint8Array): void {
    if (this.byteLength === 0) return;
    const { starts, ends, count } = this.#nals;
    if (this.#isVerbatim) {
      sink.write(data, 0, data.length);
    } else {
      for (let i = 0; i < count; i += 1) {
        if (i === this.#pendingAt) {
          for (const { nal } of this.#sets.pending) this.#writeNal(sink, nal, 0, nal.length);
        }
        this.#writeNal(sink, data, starts[i] as number, ends[i] as number);
      }
    }
    this.#sets.wasStored();
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
    const isOther =
      this.#codec.codecId !== before.#codec.codecId ||
      codecId !== was.codecId ||
      contentType !== was.contentType;
    if (isKept || isOther || before.format === undefined) return;
    if (this.format === undefined && width === was.width && height === was.height) {
      // No codec data, as with start codes: the sets are those that came before the caps.
      this.#codec.sets.inherit(before.#codec.sets);
      this.#essentials = this.#takeFormat()?.essentials ?? '';
    }
    if (this.#essentials !== before.#essentials) return;
    this.format = before.format;
    this.formatRevision = before.formatRevision;
    this.#sets.inherit(before.#sets);
  }

  /** Every reader of the picture has its parameter sets, and its essentials in the header. */
  #secureSets(): void {
    if (this.#options.isFixed === true || this.format === undefined) return;
    const isMissing = this.#sets.missing.length > 0;
    if (!this.#sets.isStart) {
      if (isMissing) this.#sets.insertMissing();
      return;
    }
    if (!isMissing && !this.#codec.sets.changed) return;
    if (this.#takeFormat()?.essentials !== this.#essentials || isMissing) this.#updateFormat();
  }

  /** What the codec knows now, with all changes until now. */
  #takeFormat(): NalFormat | undefined {
    this.#codec.sets.changed = false;
    return this.#codec.format();
  }

  /** Takes what the codec knows as the track's format, and counts when it is another. */
  #updateFormat(): void {
    const known = this.#takeFormat();
    if (known === undefined && this.#options.codecPrivate === undefined) return;
    this.#essentials = known?.essentials ?? '';
    this.#sets.headerIsNew();
    // Frames with start codes beside an avcC would be read as if they had lengths.
    const codecPrivate =
      this.#options.codecPrivate ?? (this.#wantsNoRecord() ? undefined : known?.codecPrivate);
    const width = known?.width ?? this.#description.width;
    const height = known?.height ?? this.#description.height;
    const last = this.format;
    if (
      last !== undefined &&
      last.width === width &&
      last.height === height &&
      sameBytes(last.codecPrivate, codecPrivate)
    ) {
      return;
    }
    this.format = {
      kind: 'video',
      codecId: this.#description.codecId ?? this.#codec.codecId,
      contentType: this.#description.contentType ?? this.#codec.contentType,
      ...(codecPrivate === undefined ? {} : { codecPrivate }),
      ...(width === undefined || height === undefined ? {} : { width, height }),
    };
    this.formatRevision += 1;
  }

  /**
   * Looks at every NAL unit that was found.
   * @returns whether there is a picture
   */
  #look(data: Uint8Array): boolean {
    const codec = this.#codec;
    const { starts, ends, count } = this.#nals;
    let firstSlice = -1;
    let recovery: RecoveryPoint | undefined;
    this.#pendingAt = 0;
    this.#sets.beginUnit();
    for (let i = 0; i < count; i += 1) {
      switch (codec.classify(data, starts[i] as number, ends[i] as number)) {
        case 'slice':
          if (firstSlice < 0) firstSlice = i;
          break;
        case 'random-access-slice':
          if (firstSlice < 0) firstSlice = i;
          this.isRandomAccessPoint = true;
          break;
        case 'recovery-point':
          this.isRandomAccessPoint = true;
          recovery = 'open';
          break;
        case 'gradual-recovery-point':
          recovery ??= 'gradual';
          break;
        case 'parameter-set':
          this.#takeSet(this.#nals.of(data, i));
          break;
        case 'delimiter':
          if (i === 0) this.#pendingAt = 1;
          break;
        case 'other':
          break;
      }
    }
    if (firstSlice < 0) {
      this.isRandomAccessPoint = false;
      this.#sets.keepForNext();
      return false;
    }
    this.#lookAtPicture(data, firstSlice, recovery);
    return true;
  }

  /** What the picture refers to, and which parameter sets its slices use. */
  #lookAtPicture(data: Uint8Array, firstSlice: number, recovery: RecoveryPoint | undefined): void {
    const { slice, references, sets } = this.#codec;
    const { starts, ends, count } = this.#nals;
    const isEntry = this.isRandomAccessPoint;
    references.look(data, starts[firstSlice] as number, ends[firstSlice] as number, recovery);
    sets.pictureCame(isEntry && slice.isRead ? slice.ppsId : undefined);
    const isStart = isEntry || references.entry !== 'inter';
    this.#sets.useOf(slice.ppsId, isStart);
    for (let i = firstSlice + 1; i < count; i += 1) {
      const ppsId = this.#codec.ppsIdOf(data, starts[i] as number, ends[i] as number);
      this.#sets.useOf(ppsId, isStart);
    }
  }

  /**
   * A damaged parameter set stays in its frame and is otherwise passed over, unless the track's
   * format hangs on it: a picture that a decoder conceals is better than none.
   */
  #takeSet(nal: Uint8Array): void {
    const known = this.#codec.sets.knows(nal);
    if (known !== undefined) {
      this.#sets.came(known, false);
      return;
    }
    try {
      this.#sets.came(this.#codec.learn(nal), true);
    } catch (error) {
      if (this.format === undefined) throw error;
    }
  }

  #planPicture(data: Uint8Array): void {
    const { output } = this.#options;
    if (output === 'as-it-came') {
      this.#isVerbatim = true;
      this.byteLength = data.length;
      this.#sets.forgetPending();
      return;
    }
    const { starts, ends, count } = this.#nals;
    let byteLength = PREFIX_BYTES * count;
    for (let i = 0; i < count; i += 1) byteLength += (ends[i] as number) - (starts[i] as number);
    const { pending } = this.#sets;
    const input = this.#input;
    const inputIsOutput =
      input?.kind === 'length-prefixed' &&
      input.lengthSize === PREFIX_BYTES &&
      output === 'length-prefixed';
    this.#isVerbatim = inputIsOutput && byteLength === data.length && pending.length === 0;
    for (let i = 0; i < pending.length; i += 1) {
      byteLength += PREFIX_BYTES + (pending[i] as ParameterSet).nal.length;
    }
    this.byteLength = byteLength;
  }

  #wantsNoRecord(): boolean {
    const { output } = this.#options;
    const stored = output === 'as-it-came' ? this.#input?.kind : output;
    return stored === 'annex-b' && this.#options.convertsCodecData !== true;
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
      throw new KvsError('STATUS_MKV_INVALID_FRAME_DATA', 'An empty access unit');
    }
    const input = formOf(data, this.#input, this.#options.isFixed);
    this.#input = input;
    try {
      if (input.kind === 'length-prefixed') scanLengthPrefixed(data, input.lengthSize, this.#nals);
      else scanAnnexB(data, this.#nals);
      if (this.#nals.count === 0 && input.kind === 'annex-b') checkIsEmpty(data);
      return true;
    } catch (error) {
      if (this.#options.output === 'as-it-came') return false;
      throw error;
    }
  }
}

/** @throws KvsError when there is something, but nothing that a NAL unit could begin at */
function checkIsEmpty(data: Uint8Array): void {
  if (!data.some((byte) => byte > 1)) return;
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
