import { newCounters } from '../../../src/putmedia/uploader/counters.ts';
import type {
  Uploader,
  UploaderCounters,
  UploaderDependencies,
  UploaderSettings,
} from '../../../src/putmedia/uploader-api.ts';
import type {
  FragmentSource,
  SessionFormat,
  StoredFragment,
} from '../../../src/storage/stored-fragment.ts';
import { type ReadSession, readSession } from './read-session.ts';

/** What a sink does with what it reads. */
export type SinkOptions = {
  /** Whether a complete fragment is persisted (and settled) at once. */
  readonly persists?: boolean;
  /** Whether it reads at all. */
  readonly reads?: boolean;
};

/**
 * An uploader that needs no service: reads what is committed, at once, into one buffer per session
 * format, and persists what is complete.
 */
export class SinkUploader implements Uploader {
  readonly settings: UploaderSettings;
  readonly dependencies: UploaderDependencies;
  readonly counters: UploaderCounters = newCounters();
  readonly #formats: SessionFormat[] = [];
  readonly #sessions: Buffer[][] = [];
  readonly fragments: { index: number; timecode: bigint; byteLength: number; eofr: boolean }[] = [];
  resets: string[] = [];
  persists: boolean;
  reads: boolean;
  isClosed = false;
  #current: StoredFragment | undefined;
  #nextIndex = 0;
  #offset = 0;
  #drains: { resolve: () => void; reject: (error: Error) => void }[] = [];

  constructor(
    settings: UploaderSettings,
    dependencies: UploaderDependencies,
    options: SinkOptions,
  ) {
    this.settings = settings;
    this.dependencies = dependencies;
    this.persists = options.persists ?? true;
    this.reads = options.reads ?? true;
  }

  get source(): FragmentSource {
    return this.dependencies.source;
  }

  /** Of each session. */
  get formats(): readonly SessionFormat[] {
    return this.#formats;
  }

  /** Each session's bytes, header first. */
  get sessions(): Buffer[] {
    return this.#sessions.map((parts, i) =>
      Buffer.concat([this.#formats[i]?.headerBytes ?? new Uint8Array(), ...parts]),
    );
  }

  read(): ReadSession[] {
    return this.sessions.map((bytes) => readSession(bytes));
  }

  start(): void {
    this.source.onChange = () => this.pump();
    this.dependencies.events.ready('arn:aws:kinesisvideo:us-west-2:123456789012:stream/t/1');
    this.pump();
  }

  pump(): void {
    while (this.reads && this.#step()) {
      // Reads on.
    }
    if (this.persists) this.persistAll();
  }

  #step(): boolean {
    const fragment = this.#current ?? this.source.firstFrom(this.#nextIndex);
    if (fragment === undefined) return false;
    if (fragment !== this.#current) {
      this.#current = fragment;
      this.#offset = 0;
    }
    const bytes = this.source.read(fragment, this.#offset, 1 << 20);
    if (bytes !== undefined) {
      let slot = this.#formats.lastIndexOf(fragment.format);
      if (slot < 0) {
        slot = this.#formats.push(fragment.format) - 1;
        this.#sessions.push([]);
        this.counters.totalSessions += 1;
      }
      this.#sessions[slot]?.push(Buffer.from(bytes));
      this.#offset += bytes.length;
      this.counters.transferredBytes += bytes.length;
      return true;
    }
    const isGone = this.source.get(fragment.index) !== fragment;
    if (!fragment.complete && !isGone) return false;
    this.fragments.push({
      index: fragment.index,
      timecode: fragment.timecode,
      byteLength: this.#offset,
      eofr: fragment.endsWithEofr,
    });
    this.#nextIndex = fragment.index + 1;
    this.#current = undefined;
    return true;
  }

  /** Acknowledges and settles every fragment that was read to its end. */
  persistAll(): void {
    for (let f = this.source.oldest; f !== undefined && f.index < this.#nextIndex; ) {
      this.persist(f);
      f = this.source.firstFrom(f.index + 1);
    }
    if (this.source.oldest === undefined) {
      for (const { resolve } of this.#drains.splice(0)) resolve();
    }
  }

  persist(fragment: StoredFragment): void {
    fragment.ack = 'persisted';
    this.counters.persistedAcks += 1;
    this.dependencies.events.ack(
      {
        type: 'PERSISTED',
        timecode: fragment.timecode,
        fragmentNumber: String(fragment.index),
        errorId: undefined,
        errorCode: undefined,
      },
      fragment,
      0,
    );
    this.source.settle(fragment);
  }

  /** How often a back-off was to be cut short. */
  retries = 0;

  retryNow(): void {
    this.retries += 1;
  }

  resetConnection(reason: Error): void {
    this.resets.push(reason.message);
  }

  drain(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#drains.push({ resolve, reject });
      this.pump();
    });
  }

  failDrains(error: Error): void {
    for (const { reject } of this.#drains.splice(0)) reject(error);
  }

  close(): void {
    this.isClosed = true;
  }
}
