import type { BusMessage, Pipeline } from '../../host/native/native.ts';
import { type BitrateControl, ENCODERS } from './encoders.ts';
import { structureField } from './structure-field.ts';

/** What is asked of the pipeline. */
export type EncoderAccess = Pick<Pipeline, 'upstreamOf' | 'property' | 'setProperty'>;

/** Between which bit rates, in bits per second. */
export type BitrateRange = {
  /** By default a tenth of what the encoder is set to at first. */
  readonly min: number | undefined;
  /** By default what the encoder is set to at first. */
  readonly max: number | undefined;
};

const DEFAULT_MIN_RATIO = 0.1;

/** The encoder of one kvssink. */
type Encoder = {
  readonly name: string;
  readonly control: BitrateControl;
  readonly min: number;
  readonly max: number;
  /** What it was set to last, in bits per second. */
  bitsPerSecond: number;
  /** Of the whole stream's bits, those that it is set to: the rest is sound, and what it exceeds. */
  share: number;
};

/** Sets encoders' bit rates as each kvssink advises (kvs-bitrate-advice), and says so. */
export class AdaptiveBitrate {
  readonly #access: EncoderAccess;
  readonly #range: BitrateRange;
  readonly #print: (line: string) => void;
  /** By the kvssink's name; null where none is known how to set. */
  readonly #encoders = new Map<string, Encoder | null>();

  constructor(access: EncoderAccess, range: BitrateRange, print: (line: string) => void) {
    this.#access = access;
    this.#range = range;
    this.#print = print;
  }

  /** Any message of the bus. Resolves when it has been followed. */
  async onMessage({ structureName, structure, source }: BusMessage): Promise<void> {
    if (structureName !== 'kvs-bitrate-advice') return;
    const advised = Number(structureField(structure, 'bitrate'));
    const stream = Number(structureField(structure, 'stream-bitrate'));
    const reason = structureField(structure, 'reason');
    const encoder = this.#encoderOf(source, stream);
    if (encoder === null || !(advised > 0)) return;
    if (reason === 'overload' && stream > 0) {
      encoder.share = Math.min(1, encoder.bitsPerSecond / stream);
    }
    const wanted = reason === 'recovered' ? encoder.max : advised * encoder.share;
    const clamped = Math.max(encoder.min, Math.min(encoder.max, wanted));
    const acknowledged = structureField(structure, 'acknowledged-bitrate');
    const why =
      reason === 'overload' && acknowledged !== undefined
        ? `the connection takes ${kbits(Number(acknowledged))} of ${kbits(stream)}`
        : 'the connection may take more';
    await this.#set(encoder, clamped, why);
  }

  async #set(encoder: Encoder, bitsPerSecond: number, why: string): Promise<void> {
    const { name, control } = encoder;
    const before = encoder.bitsPerSecond;
    if (Math.round(bitsPerSecond) === Math.round(before)) return;
    const text = this.#access.property(name, control.property) ?? '';
    encoder.bitsPerSecond = bitsPerSecond;
    const isSet = await this.#access.setProperty(
      name,
      control.property,
      control.write(bitsPerSecond, text),
    );
    const change = `Bit rate of ${name}: ${kbits(before)} to ${kbits(bitsPerSecond)} (${why})`;
    this.#print(isSet ? change : `${change}: the encoder did not take it`);
  }

  #encoderOf(sink: string, streamBitsPerSecond: number): Encoder | null {
    const known = this.#encoders.get(sink);
    if (known !== undefined) return known;
    const found = this.#find(sink, streamBitsPerSecond);
    this.#encoders.set(sink, found);
    if (found === null) {
      this.#print(`No encoder whose bit rate can be set feeds ${sink}: ${names()}`);
    }
    return found;
  }

  #find(sink: string, streamBitsPerSecond: number): Encoder | null {
    for (const { name, factory } of this.#access.upstreamOf(sink)) {
      const control = ENCODERS[factory];
      if (control === undefined) continue;
      const text = this.#access.property(name, control.property) ?? '';
      // A driver's default cannot be read: what comes out of it is near enough.
      const initial = control.read(text) ?? streamBitsPerSecond;
      const max = this.#range.max ?? initial;
      const min = Math.min(max, this.#range.min ?? initial * DEFAULT_MIN_RATIO);
      return { name, control, min, max, bitsPerSecond: initial, share: 1 };
    }
    return null;
  }
}

function names(): string {
  return Object.keys(ENCODERS).join(', ');
}

function kbits(bitsPerSecond: number): string {
  return `${Math.round(bitsPerSecond / 1000)} kbit/s`;
}
