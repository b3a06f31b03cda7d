import type {
  AckLevel,
  DropReason,
  FragmentSource,
  SessionFormat,
  StoredFragment,
} from '../../../src/storage/stored-fragment.ts';

type Row = {
  readonly index: number;
  readonly format: SessionFormat;
  readonly timecode: bigint;
  readonly startNs: bigint;
  readonly arrivedMs: number;
  endNs: bigint;
  byteLength: number;
  frameCount: number;
  complete: boolean;
  endsWithEofr: boolean;
  ack: AckLevel;
  isInFlight: boolean;
  wasReceived: boolean;
};

/**
 * A FragmentSource made of plain buffers, with the writer's side for tests: the simplest thing
 * that keeps the contract, and that notices when it is broken.
 */
export class MemorySource implements FragmentSource {
  onChange: (() => void) | undefined;
  readonly settled: number[] = [];
  readonly rejected: { index: number; reason: DropReason }[] = [];
  readonly #rows = new Map<number, { row: Row; bytes: Buffer }>();
  readonly #pins = new Map<number, number>();
  #nextIndex = 0;

  get oldest(): StoredFragment | undefined {
    return this.#rows.values().next().value?.row;
  }

  get newest(): StoredFragment | undefined {
    return [...this.#rows.values()].at(-1)?.row;
  }

  get size(): number {
    return this.#rows.size;
  }

  get pinned(): number {
    return this.#pins.size;
  }

  get(index: number): StoredFragment | undefined {
    return this.#rows.get(index)?.row;
  }

  firstFrom(index: number): StoredFragment | undefined {
    for (const { row } of this.#rows.values()) {
      if (row.index >= index) return row;
    }
    return undefined;
  }

  read(fragment: StoredFragment, offset: number, maxBytes: number): Uint8Array | undefined {
    const entry = this.#rows.get(fragment.index);
    if (entry === undefined || offset >= entry.row.byteLength) return undefined;
    return entry.bytes.subarray(offset, Math.min(entry.row.byteLength, offset + maxBytes));
  }

  pin(fragment: StoredFragment): void {
    this.#pins.set(fragment.index, (this.#pins.get(fragment.index) ?? 0) + 1);
  }

  unpin(fragment: StoredFragment): void {
    const count = this.#pins.get(fragment.index);
    if (count === undefined) {
      throw new Error(`fragment ${fragment.index} is unpinned more often than pinned`);
    }
    if (count === 1) this.#pins.delete(fragment.index);
    else this.#pins.set(fragment.index, count - 1);
  }

  settle(fragment: StoredFragment): void {
    if (!fragment.complete && this.#rows.has(fragment.index)) {
      // Allowed only when there will be no more data.
    }
    this.settled.push(fragment.index);
    this.#rows.delete(fragment.index);
  }

  markReceived(fragment: StoredFragment): void {
    const entry = this.#rows.get(fragment.index);
    if (entry !== undefined) entry.row.wasReceived = true;
  }

  reject(fragment: StoredFragment, reason: DropReason): void {
    this.rejected.push({ index: fragment.index, reason });
    this.#rows.delete(fragment.index);
  }

  abandon(fragment: StoredFragment): void {
    fragment.isInFlight = false;
  }

  /** Begins a fragment; the one before is completed. */
  begin(format: SessionFormat, timecode: bigint): StoredFragment {
    const last = this.#last();
    if (last !== undefined && !last.row.complete) last.row.complete = true;
    const startNs = timecode * 1_000_000n;
    const row: Row = {
      index: this.#nextIndex++,
      format,
      timecode,
      isInFlight: false,
      wasReceived: false,
      startNs,
      arrivedMs: 0,
      endNs: startNs,
      byteLength: 0,
      frameCount: 0,
      complete: false,
      endsWithEofr: false,
      ack: 'none',
    };
    this.#rows.set(row.index, { row, bytes: Buffer.alloc(0) });
    return row;
  }

  /** Appends one frame to the newest fragment. */
  append(bytes: Uint8Array, durationMs = 0): void {
    const last = this.#last();
    if (last === undefined) throw new Error('no fragment to append to');
    last.bytes = Buffer.concat([last.bytes, bytes]);
    last.row.byteLength += bytes.byteLength;
    last.row.frameCount += 1;
    last.row.endNs += BigInt(durationMs) * 1_000_000n;
    this.onChange?.();
  }

  /** Ends the newest fragment. */
  complete(endsWithEofr = false): void {
    const last = this.#last();
    if (last !== undefined) {
      last.row.complete = true;
      last.row.endsWithEofr = endsWithEofr;
      this.onChange?.();
    }
  }

  /** The store's doing: the fragment is gone, whoever reads it. */
  drop(index: number): void {
    this.#rows.delete(index);
    this.onChange?.();
  }

  #last(): { row: Row; bytes: Buffer } | undefined {
    return [...this.#rows.values()].at(-1);
  }
}
