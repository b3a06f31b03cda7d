import type { ByteSink, CodecAdapter } from '../../src/media/codec/codec-adapter.ts';

/** Bytes of a hexadecimal text; blanks are for the reader. */
export function hex(digits: string): Buffer {
  return Buffer.from(digits.replaceAll(/\s/g, ''), 'hex');
}

/** A sink that keeps what is written. */
export class CollectingSink implements ByteSink {
  readonly #parts: Buffer[] = [];

  write(source: Uint8Array, start: number, end: number): void {
    this.#parts.push(Buffer.from(source.subarray(start, end)));
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#parts);
  }
}

/** What an adapter makes of one access unit. Fails when the plan's length was wrong. */
export function adapt(
  adapter: CodecAdapter,
  data: Uint8Array,
): { bytes: Buffer; isRandomAccessPoint: boolean } {
  const plan = adapter.plan(data);
  const { byteLength, isRandomAccessPoint } = plan;
  const sink = new CollectingSink();
  plan.writeTo(sink, data);
  const { bytes } = sink;
  if (bytes.length !== byteLength) {
    throw new Error(`planned ${byteLength} bytes, wrote ${bytes.length}`);
  }
  return { bytes, isRandomAccessPoint };
}
