import type { AwsAccess } from '../../aws/aws-access.ts';
import type { KvsError } from '../../errors/kvs-error.ts';
import type { MatroskaTag } from '../../matroska/tags.ts';
import type { Logger } from '../../runtime/logger.ts';
import { counted } from '../process/counted.ts';
import type { FileResult } from './file-result.ts';
import { Fragmenter } from './media/fragmenter.ts';
import { type InputFrame, keptFrame } from './media/input-frame.ts';
import type { FileTimes, MediaFile, MediaHandlers } from './media/media-file.ts';
import type { SessionHeader } from './media/session-header.ts';
import { isAbsolute } from './times/start-time.ts';
import { FileUpload } from './upload/file-upload.ts';
import type { StoredMedia } from './upload/stored-media.ts';

/** How one file is sent. */
export type SendFileContext = {
  readonly access: AwsAccess;
  readonly log: Logger;
  readonly streamName: string;
  readonly retentionHours: number;
  readonly tags: readonly MatroskaTag[];
  readonly stored: StoredMedia | undefined;
  /** Whether the file's own times give way to the start even where they are since the epoch. */
  readonly movesAbsolute: boolean;
  /** When the first frame was taken, epoch ms. @throws KvsError where nobody knows */
  readonly startMs: (times: FileTimes) => number;
  /** So many bytes of the file are persisted. */
  readonly onProgress: (bytes: number) => void;
  readonly onProblem: (error: KvsError) => void;
  readonly signal: AbortSignal;
};

/**
 * Sends a file as it is: its frames, tags and distances in time.
 * @throws KvsError what ended it, and what the signal was aborted with
 */
export async function sendFile(file: MediaFile, context: SendFileContext): Promise<FileResult> {
  return await new FileSender(file, context).run();
}

/** What was read of a file and finds no room yet. */
type Item =
  | { readonly kind: 'frame'; readonly frame: InputFrame }
  | { readonly kind: 'header' | 'change'; readonly header: SessionHeader }
  | { readonly kind: 'gap' };

const NO_TIMES: FileTimes = { createdMs: undefined, durationMs: undefined };

class FileSender {
  readonly #file: MediaFile;
  readonly #context: SendFileContext;
  readonly #upload: FileUpload;
  readonly #fragmenter: Fragmenter;
  /** In the order of the file. */
  readonly #queue: Item[] = [];
  readonly #leftOut = new Set<string>();
  #contentType: (type: string) => void = () => {};
  #times: FileTimes | undefined;
  #startMs: number | undefined;
  #readBytes = 0;
  #lost = 0;

  constructor(file: MediaFile, context: SendFileContext) {
    this.#file = file;
    this.#context = context;
    const contentType = new Promise<string>((resolve) => {
      this.#contentType = resolve;
    });
    this.#upload = new FileUpload({
      ...context,
      contentType,
      onLost: (frames) => {
        this.#lost += frames;
      },
    });
    this.#fragmenter = new Fragmenter({
      writer: this.#upload.view,
      tags: context.tags,
      monotonicMs: () => performance.now(),
      offsetNs: (firstPtsNs) => this.#offsetNs(firstPtsNs),
    });
  }

  async run(): Promise<FileResult> {
    const ticking = setInterval(() => this.#progress(), 250);
    const abort = (): void => {
      // What was not sent is given up with the upload, and must not count as sent.
      clearInterval(ticking);
      this.#upload.close();
      this.#file.close();
    };
    const { signal } = this.#context;
    signal.addEventListener('abort', abort, { once: true });
    try {
      for await (const readBytes of this.#file.read(this.#handlers())) {
        signal.throwIfAborted();
        this.#readBytes = readBytes;
        await this.#flush();
      }
      await this.#upload.room(this.#fragmenter.bytesFor(undefined));
      this.#fragmenter.finish();
      await this.#upload.finish();
      signal.throwIfAborted();
      this.#progress();
      return this.#result();
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    } finally {
      clearInterval(ticking);
      signal.removeEventListener('abort', abort);
      this.#file.close();
      this.#upload.close();
    }
  }

  #handlers(): MediaHandlers {
    return {
      header: (header, times) => {
        this.#times ??= times;
        this.#add({ kind: 'header', header });
      },
      change: (header) => this.#add({ kind: 'change', header }),
      frame: (frame) => this.#onFrame(frame),
      gap: () => this.#add({ kind: 'gap' }),
    };
  }

  #offsetNs(firstPtsNs: bigint): bigint {
    const { movesAbsolute, startMs } = this.#context;
    if (isAbsolute(firstPtsNs) && !movesAbsolute) {
      this.#startMs = Number(firstPtsNs / 1_000_000n);
      return 0n;
    }
    this.#startMs = Math.floor(startMs(this.#times ?? NO_TIMES));
    return BigInt(this.#startMs) * 1_000_000n - firstPtsNs;
  }

  #onFrame(frame: InputFrame): void {
    const hasRoom =
      this.#queue.length === 0 && this.#upload.hasRoom(this.#fragmenter.bytesFor(frame));
    if (hasRoom) this.#fragmenter.take(frame);
    else this.#queue.push({ kind: 'frame', frame: keptFrame(frame) });
  }

  #add(item: Exclude<Item, { kind: 'frame' }>): void {
    if (this.#queue.length === 0) this.#take(item);
    else this.#queue.push(item);
  }

  #take(item: Exclude<Item, { kind: 'frame' }>): void {
    if (item.kind === 'gap') {
      this.#fragmenter.gap();
      return;
    }
    const { kind, header } = item;
    for (const { number, codecId } of header.leftOut) {
      this.#leftOut.add(
        `Track ${number} (${codecId}) is not sent: KVS takes video and audio, three tracks at most`,
      );
    }
    this.#contentType(header.contentType);
    if (kind === 'header') this.#fragmenter.begin(header);
    else this.#fragmenter.change(header);
  }

  async #flush(): Promise<void> {
    while (this.#queue.length > 0) {
      const [next] = this.#queue;
      if (next === undefined) return;
      if (next.kind === 'frame') {
        await this.#upload.room(this.#fragmenter.bytesFor(next.frame));
        this.#fragmenter.take(next.frame);
      } else {
        this.#take(next);
      }
      this.#queue.shift();
    }
    // A file that is read faster than it is sent must not keep the acknowledgements waiting.
    await new Promise((resolve) => setImmediate(resolve));
  }

  #progress(): void {
    this.#context.onProgress(Math.max(0, this.#readBytes - this.#upload.view.byteLength));
  }

  #result(): FileResult {
    const { counts, endNs } = this.#fragmenter;
    const losses = [...this.#file.losses];
    if (counts.undecodable > 0) {
      losses.push(
        `${counted(counts.undecodable, 'frame')} in front of the next key frame cannot be decoded and were left out`,
      );
    }
    if (counts.tooLarge > 0) {
      losses.push(
        `${counted(counts.tooLarge, 'frame')} larger than a fragment may be (50 MB) were left out`,
      );
    }
    if (counts.tags > 0) {
      losses.push(
        `${counted(counts.tags, 'tag')} above the ten that a fragment may have were left out`,
      );
    }
    if (this.#lost > 0) losses.push(`The service has refused ${counted(this.#lost, 'frame')}`);
    const { fragments, skipped } = this.#upload.counts;
    return {
      startMs: this.#startMs,
      endMs: counts.frames === 0 ? undefined : Number(endNs / 1_000_000n),
      frames: counts.frames,
      fragments,
      skipped,
      losses,
      notes: [...this.#leftOut, ...this.#file.notes],
    };
  }
}
