import { join } from 'node:path';
import { KvsError } from '../errors/kvs-error.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import { machineStart } from '../runtime/machine-start.ts';
import { type DropNotice, Drops } from '../storage/drops.ts';
import { HeldFragment } from '../storage/fragment.ts';
import type { Overflow } from '../storage/overflow.ts';
import type { DropReason, StoredFragment } from '../storage/stored-fragment.ts';
import { type Corrected, Retiming, type TimeCorrection } from '../storage/time-correction.ts';
import { DiskWorker, RECORD_OVERHEAD_BYTES } from './disk-worker.ts';
import { moveEarlier } from './earlier-times.ts';
import { Entry, type Segment, type StoredPlace } from './entry.ts';
import { EntryList } from './entry-list.ts';
import type { FoundSegment } from './find-spool.ts';
import { Loader } from './loader.ts';
import { closeSpool, type OpenSpool, openSpool } from './opening.ts';
import { FRAGMENTS_PER_SECOND, Pacer } from './pacer.ts';
import { Progress, type SpoolStatus } from './progress.ts';
import { restored } from './restored.ts';
import { JournalKind } from './segment-format.ts';
import { folderName, type SpoolSettings } from './settings.ts';
import type { SpoolFiles } from './spool-files.ts';

/** Copies of fragments that wait for the disk: what a disk that hesitates may cost in memory. */
const QUEUE_BYTES = 16 * 1024 * 1024;

/** Smaller news of the true time are none. */
const TELL_STEP_MS = 1_000;

/** What a spool tells its stream. */
export type SpoolEvents = {
  /** A fragment is lost. */
  dropped(notice: DropNotice): void;
  /** Something that whoever runs the stream must know. */
  warned(warning: KvsError): void;
  /** Fragments are safe on the disk, or have left: less may be needed of what the caller has. */
  left(): void;
  /** Fragments came, went, or the disk failed. */
  changed(): void;
};

type State =
  /** Not open, and being opened or to be opened when it is needed. */
  | { readonly kind: 'closed'; readonly opening?: Promise<SpoolFiles> | undefined }
  | { readonly kind: 'open'; readonly spool: OpenSpool }
  | { readonly kind: 'ended' };

/**
 * The second level of a stream's buffer: fragments that memory has no room for, in files. What is
 * taken over is a copy in memory first, and is written away from the frames' path; the fragment
 * stays the same object, and the uploader need not know where its bytes are.
 */
export class Spool implements Overflow {
  onChange: (() => void) | undefined;
  readonly folder: string;
  readonly #settings: SpoolSettings;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #events: SpoolEvents;
  readonly #row = new EntryList();
  readonly #drops: Drops;
  readonly #worker: DiskWorker;
  readonly #loader: Loader;
  readonly #pacer: Pacer;
  readonly #progress: Progress;
  /** Entries that are not safe yet. */
  readonly #unsafe = new Set<Entry>();
  readonly #counts = { spooled: 0, sent: 0, dropped: 0, damaged: 0 };
  /** What clock frames are stamped by, now; undefined where that is not the machine's. */
  readonly #stampMs: () => number | undefined;
  #toldStartMs = Number.NEGATIVE_INFINITY;
  #frames = 0;
  #state: State = { kind: 'closed' };
  #isSlowTold = false;

  constructor(
    settings: SpoolSettings,
    options: {
      clock: Clock;
      log: Logger;
      events: SpoolEvents;
      /** By default what KVS takes. */
      fragmentsPerSecond?: number;
      /** What a frame that comes now is stamped, epoch ms; undefined where it is not the machine's clock. */
      stampMs?: () => number | undefined;
    },
  ) {
    const { clock, log, events } = options;
    this.folder = join(settings.directory, folderName(settings));
    this.#settings = settings;
    this.#clock = clock;
    this.#log = log;
    this.#events = events;
    this.#stampMs = options.stampMs ?? (() => undefined);
    this.#drops = new Drops((notice) => events.dropped(notice));
    this.#progress = new Progress(clock);
    this.#pacer = new Pacer(
      clock,
      {
        bitsPerSecond: settings.bandwidthBps,
        fragmentsPerSecond: options.fragmentsPerSecond ?? FRAGMENTS_PER_SECOND,
      },
      () => this.onChange?.(),
    );
    this.#worker = new DiskWorker({
      files: () => this.#open(),
      clock,
      sync: settings.sync,
      events: {
        makeRoom: (byteLength) => this.#makeRoom(byteLength),
        written: (entry, at) => this.#onWritten(entry, at),
        safe: (entries) => this.#onSafe(entries),
        failed: (error) => this.#onFailed(error),
      },
    });
    this.#loader = new Loader({
      files: () => (this.#state.kind === 'open' ? this.#state.spool.files : undefined),
      onLoaded: () => this.onChange?.(),
      onDamaged: (entry) => this.#onDamaged(entry),
    });
  }

  /**
   * Opens the spool: what earlier runs have left is here then. A disk that cannot be used is only
   * a warning; it is tried again when there is something to write.
   * @throws KvsError for a spool that another process uses, and for a key that is missing or wrong
   */
  async open(): Promise<void> {
    try {
      await this.#open();
    } catch (error) {
      if (error instanceof KvsError) throw error;
      this.#onFailed(error);
    }
  }

  /**
   * Ends it: what is taken over is written, as far as the disk takes it, and stays for the next
   * start. Nothing can be read or settled any more. Idempotent.
   */
  async close(): Promise<void> {
    const state = this.#state;
    if (state.kind === 'ended') return;
    this.onChange = undefined;
    this.#pacer.stop();
    const opened = state.kind === 'open' ? state.spool : await this.#opened(state.opening);
    this.#drops.forget();
    if (opened === undefined) {
      this.#state = { kind: 'ended' };
      this.#worker.stop();
      return;
    }
    await closeSpool(this.folder, opened, async () => {
      await this.#worker.flush();
      this.#worker.stop();
      this.#state = { kind: 'ended' };
    });
  }

  /** Resolves when all that was taken over is safe; false where the disk does not take it. */
  flush(): Promise<boolean> {
    return this.#worker.flush();
  }

  // What the store sees.

  take(fragment: HeldFragment, copy: () => Buffer): boolean {
    const { sizeBytes } = this.#settings;
    const { byteLength, format, timecode, startNs, endNs } = fragment;
    if (this.#state.kind === 'ended') return false;
    if (byteLength + RECORD_OVERHEAD_BYTES > sizeBytes) return false;
    const { queuedBytes } = this.#worker;
    if (queuedBytes > 0 && queuedBytes + byteLength > QUEUE_BYTES) {
      this.#tellSlow();
      return false;
    }
    this.#keepWithinDuration(endNs - startNs);
    const nowMs = this.#stampMs();
    const machineStartMs = nowMs === undefined ? undefined : nowMs - machineStart.uptimeMs();
    const original = { format, timecode, startNs, endNs, machineStartMs };
    const entry = new Entry(fragment, { kind: 'queued', bytes: copy(), original });
    this.#counts.spooled += 1;
    this.#progress.took(byteLength);
    this.#unsafe.add(entry);
    this.#add(entry);
    this.#worker.write(entry);
    this.#events.changed();
    return true;
  }

  correct(correction: TimeCorrection): Pick<Corrected, 'fragments' | 'sent'> {
    const retiming = new Retiming(correction);
    const corrected = { fragments: 0, sent: 0 };
    for (const entry of this.#row.values()) {
      // What an earlier run has left had another clock: tellTime.
      if (!(entry.fragment instanceof HeldFragment)) continue;
      if (entry.retime(retiming, correction)) {
        corrected.fragments += 1;
        this.#onRetimed(entry);
      } else {
        corrected.sent += 1;
      }
    }
    return corrected;
  }

  /**
   * Sets right the times of what earlier runs have left.
   * @param nowMs the true time, as far as anybody knows
   */
  tellTime(nowMs: number): void {
    const startMs = nowMs - machineStart.uptimeMs();
    if (machineStart.id === undefined || this.#state.kind !== 'open') return;
    if (Math.abs(startMs - this.#toldStartMs) < TELL_STEP_MS) return;
    this.#toldStartMs = startMs;
    const truth = { startId: machineStart.id, startMs };
    const { entries, guessed } = moveEarlier(this.#row.values(), truth);
    for (const entry of entries) this.#onRetimed(entry);
    if (entries.length === 0) return;
    this.#log.info('times of earlier runs were set right', { fragments: entries.length, guessed });
    if (guessed > 0) this.#warnGuessed(guessed);
    this.#events.changed();
  }

  // What the uploader sees.

  get oldest(): StoredFragment | undefined {
    return this.#row.oldest?.fragment;
  }

  get newest(): StoredFragment | undefined {
    return this.#row.newest?.fragment;
  }

  has(fragment: StoredFragment): boolean {
    return this.#row.of(fragment) !== undefined;
  }

  get(index: number): StoredFragment | undefined {
    return this.#row.get(index)?.fragment;
  }

  firstFrom(index: number): StoredFragment | undefined {
    return this.#row.firstFrom(index)?.fragment;
  }

  read(fragment: StoredFragment, offset: number, maxBytes: number): Uint8Array | undefined {
    const entry = this.#row.of(fragment);
    const bytes = entry?.bytes;
    // Times that were set right are not in the bytes that are being written.
    const isStale = entry?.place.kind === 'queued' && entry.retimed !== undefined;
    if (entry === undefined || bytes === undefined || isStale) {
      if (entry !== undefined) this.#loader.want(entry);
      return undefined;
    }
    if (!entry.hasBegun && !this.#pacer.mayBegin()) return undefined;
    entry.hasBegun = true;
    const length = this.#pacer.take(Math.min(maxBytes, bytes.length - offset));
    return length <= 0 ? undefined : bytes.subarray(offset, offset + length);
  }

  pin(fragment: StoredFragment): void {
    const entry = this.#row.of(fragment);
    if (entry === undefined) return;
    entry.pins += 1;
    entry.fragment.wasTaken = true;
    this.#loader.want(entry);
    this.#loader.expect(this.#row.firstFrom(fragment.index + 1));
  }

  unpin(fragment: StoredFragment): void {
    const entry = this.#row.of(fragment);
    if (entry === undefined || entry.pins === 0) return;
    entry.pins -= 1;
    entry.hasBegun = false;
    this.#loader.unload(entry);
  }

  settle(fragment: StoredFragment): void {
    this.#drops.settled(fragment);
    const entry = this.#row.of(fragment);
    if (entry === undefined) return;
    this.#counts.sent += 1;
    this.#progress.sent(fragment.byteLength);
    this.#leave(entry, JournalKind.settled);
  }

  markReceived(fragment: StoredFragment): void {
    const entry = this.#row.of(fragment);
    if (entry !== undefined) entry.fragment.wasReceived = true;
  }

  reject(fragment: StoredFragment, reason: DropReason): void {
    const entry = this.#row.of(fragment);
    if (entry !== undefined) this.#drop(entry, reason);
  }

  abandon(fragment: StoredFragment): void {
    fragment.isInFlight = false;
    this.#drops.abandoned(fragment);
  }

  // What the stream sees.

  /** From where the caller has what is not safe yet; Infinity where nothing is. */
  get neededFrom(): { readonly frames: number; readonly metadata: number } {
    let frames = Number.POSITIVE_INFINITY;
    let metadata = Number.POSITIVE_INFINITY;
    for (const { fragment } of this.#unsafe) {
      frames = Math.min(frames, fragment.framesFrom);
      metadata = Math.min(metadata, fragment.metadataFrom);
    }
    return { frames, metadata };
  }

  get status(): SpoolStatus {
    const { count, byteLength, durationNs, oldest } = this.#row;
    const rest = { empty: 'empty', sending: 'sending', waiting: 'waiting' } as const;
    const active = this.#progress.isSending ? rest.sending : rest.waiting;
    const state = count === 0 ? rest.empty : active;
    return {
      state: this.#worker.isFailing && count > 0 ? 'failing' : state,
      fragments: count,
      frames: this.#frames,
      bytes: byteLength,
      durationNs,
      oldestNs: oldest?.fragment.startNs,
      timeToGoMs: count === 0 ? 0 : this.#progress.timeToGoMs(byteLength),
      ...this.#counts,
    };
  }

  #add(entry: Entry): void {
    this.#row.add(entry);
    this.#frames += entry.fragment.frameCount;
  }

  // What happens on the disk.

  #open(): Promise<SpoolFiles> {
    const state = this.#state;
    switch (state.kind) {
      case 'open':
        return Promise.resolve(state.spool.files);
      case 'ended':
        return Promise.reject(new Error('the spool was closed'));
      case 'closed': {
        const opening = state.opening ?? this.#openNow();
        if (state.opening === undefined) this.#state = { kind: 'closed', opening };
        return opening;
      }
    }
  }

  async #openNow(): Promise<SpoolFiles> {
    try {
      const spool = await openSpool(this.folder, this.#settings, this.#clock);
      this.#state = { kind: 'open', spool };
      this.#restore(spool);
      return spool.files;
    } catch (error) {
      this.#state = { kind: 'closed' };
      throw error;
    }
  }

  #restore({ files, found }: OpenSpool): void {
    const { entries, segments } = restored(found, this.#clock.monotonicMs());
    for (const segment of segments) {
      files.adopt(segment);
      if (segment.entries.size === 0) this.#worker.remove(segment);
    }
    for (const entry of entries) this.#add(entry);
    this.#tellDamaged(found.segments);
    if (entries.length > 0) {
      this.#log.info('fragments of an earlier run are in the spool', {
        fragments: entries.length,
        folder: this.folder,
      });
      this.#events.changed();
      this.onChange?.();
    }
  }

  #onWritten(entry: Entry, at: StoredPlace): void {
    this.#isSlowTold = false;
    if (entry.place.kind !== 'queued') {
      // Settled or dropped while it was written.
      if (at.segment.entries.size === 0) this.#worker.remove(at.segment);
      else this.#mark(at, JournalKind.settled);
      return;
    }
    const { bytes } = entry.place;
    at.segment.entries.add(entry);
    // Whoever sends it goes on with what is in memory.
    const isKept = entry.pins > 0 && entry.retimed === undefined;
    entry.place = isKept ? { kind: 'loaded', at, bytes } : { kind: 'stored', at };
    this.#markRetimed(entry, at);
    if (entry.pins > 0) this.#loader.want(entry);
  }

  #onSafe(entries: readonly Entry[]): void {
    for (const entry of entries) {
      entry.isSafe = true;
      this.#unsafe.delete(entry);
    }
    this.#events.left();
  }

  #onFailed(error: unknown): void {
    const why = error instanceof Error ? error.message : String(error);
    this.#log.warn('the spool cannot be used', { folder: this.folder, error: why });
    this.#events.warned(
      new KvsError(
        'STATUS_WRITE_TO_FILE_FAILED',
        `The spool in ${this.folder} cannot be used: ${why}. Only memory buffers meanwhile`,
        { cause: error, advice: 'Look at the disk: is it full, read-only or gone?' },
      ),
    );
    this.#events.changed();
  }

  #onRetimed(entry: Entry): void {
    this.#loader.unload(entry);
    if (entry.at !== undefined) this.#markRetimed(entry, entry.at);
  }

  #warnGuessed(fragments: number): void {
    this.#events.warned(
      new KvsError(
        'STATUS_MKV_INVALID_FRAME_TIMESTAMP',
        `${fragments} fragments in ${this.folder} were recorded by a clock that was not set, before the machine was started again: nobody knows when. They are sent with times right before that start`,
      ),
    );
  }

  #tellSlow(): void {
    if (this.#isSlowTold || this.#worker.isFailing) return;
    this.#isSlowTold = true;
    const text = `The disk of the spool in ${this.folder} is slower than the stream: fragments are dropped`;
    const advice = 'Take a faster disk, spool-sync=interval or never, or a lower bit rate.';
    this.#events.warned(new KvsError('STATUS_WRITE_TO_FILE_FAILED', text, { advice }));
  }

  #tellDamaged(segments: readonly FoundSegment[]): void {
    const places = segments.flatMap(({ path, damaged }) =>
      damaged.map(({ offset, byteLength }) => ({ path, offset, byteLength })),
    );
    const [first] = places;
    if (first === undefined) return;
    const bytes = places.reduce((sum, { byteLength }) => sum + byteLength, 0);
    this.#counts.damaged += places.length;
    const which = places.length === 1 ? 'A place' : `${places.length} places, the first`;
    this.#events.warned(
      new KvsError(
        'STATUS_READ_FILE_FAILED',
        `${which} in ${first.path} at byte ${first.offset}, cannot be read: ${bytes} bytes are lost, and all else is sent`,
        { advice: 'A power cut leaves such a place at the end of a file. Others: check the disk.' },
      ),
    );
  }

  #onDamaged(entry: Entry): void {
    const { frameCount } = entry.fragment;
    const path = entry.at?.segment.path ?? this.folder;
    this.#counts.damaged += 1;
    const text = `A fragment of ${frameCount} frames in ${path} cannot be read, and is lost`;
    this.#events.warned(
      new KvsError('STATUS_READ_FILE_FAILED', text, { advice: 'Check the disk.' }),
    );
    this.#drop(entry, 'spool-damaged');
  }

  // What leaves.

  /** Only what nobody reads: the oldest segments as a whole. */
  async #makeRoom(byteLength: number): Promise<boolean> {
    if (this.#state.kind !== 'open') return false;
    const { files } = this.#state.spool;
    while (files.byteLength + byteLength > this.#settings.sizeBytes) {
      const segment = this.#oldestUnused(files);
      if (segment === undefined) return false;
      for (const entry of [...segment.entries]) this.#drop(entry, 'spool-full');
      await files.remove(segment);
    }
    return true;
  }

  #oldestUnused(files: SpoolFiles): Segment | undefined {
    for (const segment of files.segments) {
      if (segment.entries.size === 0) return segment;
    }
    for (const { at } of this.#row.values()) {
      if (at === undefined) continue;
      const isUsed = [...at.segment.entries].some(({ isInUse }) => isInUse);
      if (!isUsed) return at.segment;
    }
    return undefined;
  }

  #keepWithinDuration(addedNs: bigint): void {
    const { durationMs } = this.#settings;
    if (durationMs === 0) return;
    const limitNs = BigInt(Math.round(durationMs)) * 1_000_000n;
    while (this.#row.durationNs + addedNs > limitNs) {
      const { oldest } = this.#row;
      if (oldest === undefined || oldest.isInUse) return;
      this.#drop(oldest, 'spool-duration');
    }
  }

  #drop(entry: Entry, reason: DropReason): void {
    this.#counts.dropped += reason === 'spool-full' || reason === 'spool-duration' ? 1 : 0;
    this.#leave(entry, JournalKind.dropped);
    this.#drops.whole(entry.fragment, reason);
    this.onChange?.();
  }

  #leave(entry: Entry, kind: JournalKind): void {
    const { at } = entry;
    this.#row.remove(entry);
    this.#frames -= entry.fragment.frameCount;
    this.#unsafe.delete(entry);
    entry.place = { kind: 'gone' };
    if (at !== undefined) {
      at.segment.entries.delete(entry);
      if (at.segment.entries.size === 0) this.#worker.remove(at.segment);
      else this.#mark(at, kind);
    }
    this.#events.left();
    this.#events.changed();
  }

  #mark({ segment, record }: StoredPlace, kind: JournalKind): void {
    const { number } = record.header;
    this.#worker.mark(segment, { kind, record: number, byNs: 0n, startMs: 0 });
  }

  #markRetimed({ retimed }: Entry, { segment, record }: StoredPlace): void {
    if (retimed === undefined) return;
    const { number } = record.header;
    this.#worker.mark(segment, { kind: JournalKind.retimed, record: number, ...retimed });
  }

  async #opened(opening: Promise<SpoolFiles> | undefined): Promise<OpenSpool | undefined> {
    await opening?.catch(() => {});
    return this.#state.kind === 'open' ? this.#state.spool : undefined;
  }
}
