import { randomInt } from 'node:crypto';
import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Timer } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/logger.ts';
import { PartCache } from '../archive/part-cache.ts';
import { StreamArchive } from '../archive/stream-archive.ts';
import { codeOf } from '../data-folder/data-folder-error.ts';
import { makeDataFolder } from '../data-folder/make-data-folder.ts';
import { streamFolder } from '../data-folder/stream-folder.ts';
import type { StorageTier, StreamRecord, StreamStatus } from '../data-folder/stream-record.ts';
import { readStreamRecords } from '../data-folder/stream-records.ts';
import { ServiceError } from '../errors/service-error.ts';
import { type MediaMemory, MemoryFragments } from '../fragments/memory-fragments.ts';
import type { Behaviours } from '../settings/behaviours.ts';
import { LiveFeed } from './live-feed.ts';
import type { LocalStream } from './local-stream.ts';
import { StreamsFile } from './streams-file.ts';

export type RegistrySettings = {
  readonly dataDir: string;
  readonly accountId: string;
  readonly behaviours: Behaviours;
  /** Keeps everything there, and reads and writes no file. */
  readonly memory: MediaMemory | undefined;
  readonly clock: Clock;
  readonly log: Logger;
  /** Called after a stream came, went or changed. */
  readonly onChange: () => void;
};

/** The name or the ARN of a stream, as most requests have it. */
export type StreamReference = {
  readonly StreamName?: string | undefined;
  readonly StreamARN?: string | undefined;
};

const STREAMS_FILE = 'streams.json';

/** All streams of the service, kept in `<dataDir>/streams.json`. */
export class StreamRegistry {
  readonly #settings: RegistrySettings;
  readonly #streams = new Map<string, LocalStream>();
  readonly #cache = new PartCache();
  readonly #file: StreamsFile;
  /** Changes of a stream's status that are yet to come. */
  readonly #timers = new Set<Timer>();
  readonly #erasing = new Set<Promise<void>>();

  private constructor(settings: RegistrySettings) {
    this.#settings = settings;
    const path = join(settings.dataDir, STREAMS_FILE);
    this.#file = new StreamsFile(path, () => this.list().map(({ record }) => record));
  }

  /** Opens the registry of a data folder, creating the folder when it is not there. */
  static async open(settings: RegistrySettings): Promise<StreamRegistry> {
    const registry = new StreamRegistry(settings);
    if (settings.memory !== undefined) return registry;
    await makeDataFolder(join(settings.dataDir, 'streams'));
    const records = await readStreamRecords(join(settings.dataDir, STREAMS_FILE));
    // All of them before the first one is erased: that writes the file anew.
    const streams = records.map((record) => registry.#admit(record));
    registry.#file.loaded();
    for (const stream of streams) await registry.#adopt(stream);
    registry.#openAll().catch((error: unknown) => settings.log.error(String(error)));
    registry.#eraseDoomed().catch((error: unknown) => {
      settings.log.warn(`what is left of deleted streams cannot be removed: ${String(error)}`);
    });
    return registry;
  }

  /** Every stream that was not deleted, by name. */
  list(): LocalStream[] {
    return [...this.#streams.values()].sort((a, b) => (a.record.name < b.record.name ? -1 : 1));
  }

  /** The stream with this name, if there is one. */
  byName(name: string): LocalStream | undefined {
    return this.#streams.get(name);
  }

  /**
   * The stream a request means.
   * @throws ServiceError InvalidArgumentException when it names none or two,
   *   ResourceNotFoundException when there is no such stream.
   */
  find({ StreamName, StreamARN }: StreamReference): LocalStream {
    if (StreamName === undefined && StreamARN === undefined) {
      throw new ServiceError(
        'InvalidArgumentException',
        'Either the StreamName or the StreamARN must be specified.',
      );
    }
    const name = StreamName ?? StreamARN?.split('/')[1] ?? '';
    const stream = this.#streams.get(name);
    const isKnown = stream !== undefined && (!StreamARN || stream.record.arn === StreamARN);
    if (!isKnown) throw this.#notFound(StreamARN ?? name);
    return stream;
  }

  /**
   * The same for what reads its media: that is out of reach as soon as the stream is being deleted.
   * https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/API_DeleteStream.html
   * @throws ServiceError as find
   */
  findReadable(wanted: StreamReference): LocalStream {
    const stream = this.find(wanted);
    if (stream.record.status === 'DELETING') throw this.#notFound(stream.record.name);
    return stream;
  }

  /**
   * Creates a stream; it is CREATING for `behaviours.createStreamMs`.
   * @throws ServiceError ResourceInUseException, AccountStreamLimitExceededException
   */
  async create(request: {
    name: string;
    region: string;
    deviceName: string | undefined;
    mediaType: string | undefined;
    kmsKeyId: string | undefined;
    retentionHours: number;
    storageTier?: StorageTier | undefined;
    tags: Record<string, string>;
  }): Promise<LocalStream> {
    const { accountId, behaviours, clock } = this.#settings;
    if (this.#streams.has(request.name)) {
      throw new ServiceError(
        'ResourceInUseException',
        `The stream ${request.name} already exists.`,
      );
    }
    if (this.#streams.size >= behaviours.maxStreams) {
      throw new ServiceError(
        'AccountStreamLimitExceededException',
        `The account has reached its limit of ${behaviours.maxStreams} streams.`,
      );
    }
    const creationTimeMs = clock.nowMs();
    const { name, region } = request;
    const arn = `arn:aws:kinesisvideo:${region}:${accountId}:stream/${name}/${creationTimeMs}`;
    const key = request.kmsKeyId ?? `arn:aws:kms:${region}:${accountId}:alias/aws/kinesisvideo`;
    const record: StreamRecord = {
      name,
      arn,
      creationTimeMs,
      folder: streamFolder(name),
      kmsKeyId: key,
      deviceName: request.deviceName,
      mediaType: request.mediaType,
      retentionHours: request.retentionHours,
      version: newVersion(),
      status: behaviours.createStreamMs > 0 ? 'CREATING' : 'ACTIVE',
      tags: request.tags,
      storageTier: request.storageTier,
    };
    // Taken before the first await, so that two requests at once cannot both create it.
    const stream = this.#admit(record);
    try {
      await stream.fragments.ready();
      await this.#save();
    } catch (error) {
      // The disk is full, or the folder is gone: then there is no such stream.
      this.#streams.delete(name);
      this.#settings.onChange();
      await stream.fragments.discard();
      throw error;
    }
    this.#later(behaviours.createStreamMs, stream, 'ACTIVE');
    return stream;
  }

  /** Changes a record's fields under a new version; UPDATING for `behaviours.updateStreamMs`. */
  async update(stream: LocalStream, change: (record: StreamRecord) => void): Promise<void> {
    await this.change(stream, (record) => {
      change(record);
      record.version = newVersion();
    });
    const { updateStreamMs } = this.#settings.behaviours;
    if (updateStreamMs > 0 && stream.record.status === 'ACTIVE') {
      this.#setStatus(stream, 'UPDATING');
      this.#later(updateStreamMs, stream, 'ACTIVE');
    }
  }

  /** Changes a record's fields; what cannot be written was not changed. */
  async change(stream: LocalStream, change: (record: StreamRecord) => void): Promise<void> {
    change(stream.record);
    await this.#save();
  }

  /**
   * Ends a stream's sessions and deletes it with its data, after `behaviours.deleteStreamMs`.
   * @throws ServiceError ResourceInUseException when that has begun: erased twice, the second time
   *   would take a new stream of the name.
   */
  async remove(stream: LocalStream): Promise<void> {
    const { name, status } = stream.record;
    if (status === 'DELETING') {
      throw new ServiceError('ResourceInUseException', `The stream '${name}' is being deleted.`);
    }
    this.#setStatus(stream, 'DELETING');
    for (const session of [...stream.sessions]) session.streamDeleted();
    stream.fragments.notify();
    const { deleteStreamMs } = this.#settings.behaviours;
    if (deleteStreamMs > 0) {
      this.#after(deleteStreamMs, () => {
        this.#erase(stream).catch((error: unknown) => {
          this.#settings.log.error(`deleting a stream failed: ${String(error)}`);
        });
      });
      await this.#save();
    } else {
      await this.#erase(stream);
    }
  }

  async #save(): Promise<void> {
    this.#settings.onChange();
    if (this.#settings.memory !== undefined) return;
    try {
      await this.#file.save();
    } catch (error) {
      // The change was taken back.
      this.#settings.onChange();
      throw error;
    }
  }

  /** Waits for what is being written or erased; what would come later does not any more. */
  async close(): Promise<void> {
    for (const timer of this.#timers) timer.cancel();
    await Promise.allSettled(this.#erasing);
    await this.#file.close();
    for (const stream of this.#streams.values()) await stream.fragments.close();
  }

  #notFound(nameOrArn: string): ServiceError {
    const awsText = 'The requested stream is not found or not active.';
    return new ServiceError(
      'ResourceNotFoundException',
      `${awsText.slice(0, -1)}: '${nameOrArn}' (account ${this.#settings.accountId}).`,
      { awsText },
    );
  }

  #admit(record: StreamRecord): LocalStream {
    const { dataDir, memory, clock, log } = this.#settings;
    const folder = join(dataDir, 'streams', record.folder);
    const streamLog = log.child({ stream: record.name });
    const cache = this.#cache;
    const stream: LocalStream = {
      record,
      fragments:
        memory === undefined
          ? new StreamArchive({ folder, record, cache, clock, log: streamLog })
          : new MemoryFragments(record, clock, memory),
      live: new LiveFeed(),
      sessions: new Set(),
      readers: 0,
      listReaders: 0,
    };
    this.#streams.set(record.name, stream);
    return stream;
  }

  async #adopt(stream: LocalStream): Promise<void> {
    if (stream.record.status === 'DELETING') await this.#erase(stream);
    else stream.record.status = 'ACTIVE';
  }

  /** Reads the streams' indexes, one after the other; whoever needs one of them does not wait. */
  async #openAll(): Promise<void> {
    for (const { record, fragments } of this.list()) {
      await fragments.ready().catch((error: unknown) => {
        const { log } = this.#settings;
        log.error(`the fragments cannot be read: ${String(error)}`, { stream: record.name });
      });
    }
  }

  #erase(stream: LocalStream): Promise<void> {
    const erased = this.#eraseNow(stream).finally(() => this.#erasing.delete(erased));
    this.#erasing.add(erased);
    return erased;
  }

  async #eraseNow(stream: LocalStream): Promise<void> {
    const { dataDir, memory } = this.#settings;
    const { name, folder, creationTimeMs } = stream.record;
    await stream.fragments.close();
    if (memory !== undefined) {
      if (this.#streams.get(name) === stream) this.#streams.delete(name);
      this.#settings.onChange();
      return;
    }
    // Moved away first: a stream of the same name may be created while this one is being erased.
    const doomed = join(dataDir, 'streams', `.deleted-${folder.slice(0, 100)}-${creationTimeMs}`);
    await rename(join(dataDir, 'streams', folder), doomed).catch(ignoreMissing);
    if (this.#streams.get(name) === stream) this.#streams.delete(name);
    await this.#save();
    await rm(doomed, { recursive: true, force: true });
  }

  /** Streams that were deleted while a crash came. */
  async #eraseDoomed(): Promise<void> {
    const streams = join(this.#settings.dataDir, 'streams');
    for (const name of await readdir(streams)) {
      if (name.startsWith('.deleted-')) await rm(join(streams, name), { recursive: true });
    }
  }

  #later(delayMs: number, stream: LocalStream, status: StreamStatus): void {
    if (delayMs <= 0) return;
    this.#after(delayMs, () => {
      if (stream.record.status === 'DELETING') return;
      this.#setStatus(stream, status);
      this.#settings.onChange();
    });
  }

  #after(delayMs: number, action: () => void): void {
    const timer = this.#settings.clock.after(delayMs, () => {
      this.#timers.delete(timer);
      action();
    });
    this.#timers.add(timer);
  }

  #setStatus(stream: LocalStream, status: StreamStatus): void {
    const { record } = stream;
    this.#settings.log.debug(`stream ${record.status} -> ${status}`, { stream: record.name });
    record.status = status;
  }
}

function ignoreMissing(error: unknown): void {
  if (codeOf(error) !== 'ENOENT') throw error;
}

const VERSION_ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** Twenty letters and digits, like the versions AWS gives out. */
function newVersion(): string {
  let version = '';
  for (let i = 0; i < 20; i++) version += VERSION_ALPHABET[randomInt(VERSION_ALPHABET.length)];
  return version;
}
