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
import { Entry, type StoredPlace } from './entry.ts';
import { EntryList } from './entry-list.ts';
import type { FoundSegment } from './find-spool.ts';
import { Loader } from './loader.ts';
import { closeSpool, type OpenSpool, openSpool } from './opening.ts';
import { FRAGMENTS_PER_SECOND, Pacer } from './pacer.ts';
import { Progress, type SpoolStatus } from './progress.ts';
import { restored } from './restored.ts';
import { JournalKind } from './segment-format.ts';
import { folderName, type SpoolSettings } from './settings.ts';
import { SpoolOpener } from './spool-opener.ts';
import {
  damagedPlaces,
  guessedTimes,
  slowDisk,
  unreadableFragment,
  unreadablePlaces,
  unusableDisk,
} from './spool-warnings.ts';
import { oldestUnused } from './unused-segment.ts';

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
  readonly #opener: SpoolOpener;
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
    this.#opener = new SpoolOpener(
      () => openSpool(this.folder, settings, clock),
      (spool) => this.#restore(spool),
    );
    this.#worker = new DiskWorker({
      files: () => this.#opener.open(),
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
      files: () => this.#opener.spool?.files,
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
      await this.#opener.open();
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
    if (this.#opener.hasEnded) return;
    this.onChange = undefined;
    this.#pacer.stop();
    // At once where it is open: another stream may ask for the folder in this very tick.
    const opened = this.#opener.spool ?? (await this.#opener.settled());
    this.#drops.forget();
    if (opened === undefined) {
      this.#opener.end();
      this.#worker.stop();
      return;
    }
    await closeSpool(this.folder, opened, async () => {
      await this.#worker.flush();
      this.#worker.stop();
      this.#opener.end();
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
    if (this.#opener.hasEnded) return false;
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
    this.#row.add(entry);
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
    if (machineStart.id === undefined || this.#opener.spool === undefined) return;
    if (Math.abs(startMs - this.#toldStartMs) < TELL_STEP_MS) return;
    this.#toldStartMs = startMs;
    const truth = { startId: machineStart.id, startMs };
    const { entries, guessed } = moveEarlier(this.#row.values(), truth);
    for (const entry of entries) this.#onRetimed(entry);
    if (entries.length === 0) return;
    this.#log.info('times of earlier runs were set right', { fragments: entries.length, guessed });
    if (guessed > 0) this.#events.warned(guessedTimes(this.folder, guessed));
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
    return this.#progress.status(this.#row, this.#counts, this.#worker.isFailing);
  }

  // What happens on the disk.

  #restore({ files, found }: OpenSpool): void {
    const { entries, segments } = restored(found, this.#clock.monotonicMs());
    for (const segment of segments) {
      files.adopt(segment);
      if (segment.entries.size === 0) this.#worker.remove(segment);
    }
    for (const entry of entries) this.#row.add(entry);
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
    const warning = unusableDisk(this.folder, error);
    this.#log.warn('the spool cannot be used', { folder: this.folder, error: warning.message });
    this.#events.warned(warning);
    this.#events.changed();
  }

  #onRetimed(entry: Entry): void {
    this.#loader.unload(entry);
    if (entry.at !== undefined) this.#markRetimed(entry, entry.at);
  }

  #tellSlow(): void {
    if (this.#isSlowTold || this.#worker.isFailing) return;
    this.#isSlowTold = true;
    this.#events.warned(slowDisk(this.folder));
  }

  #tellDamaged(segments: readonly FoundSegment[]): void {
    const places = damagedPlaces(segments);
    const [first] = places;
    if (first === undefined) return;
    this.#counts.damaged += places.length;
    this.#events.warned(unreadablePlaces(first, places));
  }

  #onDamaged(entry: Entry): void {
    this.#counts.damaged += 1;
    const path = entry.at?.segment.path ?? this.folder;
    this.#events.warned(unreadableFragment(path, entry.fragment.frameCount));
    this.#drop(entry, 'spool-damaged');
  }

  // What leaves.

  /** Only what nobody reads: the oldest segments as a whole. */
  async #makeRoom(byteLength: number): Promise<boolean> {
    const files = this.#opener.spool?.files;
    if (files === undefined) return false;
    while (files.byteLength + byteLength > this.#settings.sizeBytes) {
      const segment = oldestUnused(files, this.#row);
      if (segment === undefined) return false;
      for (const entry of [...segment.entries]) this.#drop(entry, 'spool-full');
      await files.remove(segment);
    }
    return true;
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
}
