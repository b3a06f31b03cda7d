import { writeFileAtomically } from '../data-folder/atomic-file.ts';
import type { StreamRecord } from '../data-folder/stream-record.ts';

/**
 * streams.json. A change that could not be written (the disk is full) is taken back: what is in
 * memory is what the next start will find.
 */
export class StreamsFile {
  readonly #path: string;
  readonly #records: () => readonly StreamRecord[];
  /** Records of the streams, and what the file has of them. */
  #written: ReadonlyMap<StreamRecord, StreamRecord> = new Map();
  #saving: Promise<void> = Promise.resolve();
  /** Writes that are not over. */
  #open = 0;

  /** @param records of all streams, in the order of the file. */
  constructor(path: string, records: () => readonly StreamRecord[]) {
    this.#path = path;
    this.#records = records;
  }

  /** The records are as the file has them. */
  loaded(): void {
    this.#written = copiesOf(this.#records());
  }

  /** Resolves when what the records are now is on the disk; rejects when it cannot be. */
  save(): Promise<void> {
    this.#open += 1;
    const saved = this.#saving.then(() => this.#write());
    // A failed write is this caller's; the next one tries afresh.
    this.#saving = saved.catch(() => {});
    return saved;
  }

  /** Waits for what is being written. */
  close(): Promise<void> {
    return this.#saving;
  }

  async #write(): Promise<void> {
    const records = copiesOf(this.#records());
    try {
      await writeFileAtomically(this.#path, `${JSON.stringify([...records.values()], null, 2)}\n`);
      this.#written = records;
    } catch (error) {
      // One that follows writes this change, too.
      if (this.#open === 1) this.#undo();
      throw error;
    } finally {
      this.#open -= 1;
    }
  }

  /** A status is not taken back: what it tells of goes on. */
  #undo(): void {
    for (const [record, { status: _, ...written }] of this.#written) {
      for (const key of Object.keys(record)) {
        if (key !== 'status' && !(key in written)) Reflect.deleteProperty(record, key);
      }
      Object.assign(record, written);
    }
  }
}

function copiesOf(records: readonly StreamRecord[]): Map<StreamRecord, StreamRecord> {
  return new Map(records.map((record) => [record, { ...record }]));
}
