import { type FileHandle, open, rename, stat, unlink } from 'node:fs/promises';
import { extname } from 'node:path';
import type { FileMuxer } from '../../consumer/files/file-muxer.ts';
import { writeAt } from '../../consumer/files/files.ts';
import type { ConsumedFragment } from '../../consumer/fragments/consumed-fragment.ts';
import { KvsError } from '../../errors/kvs-error.ts';

/** Takes fragments, and makes what was asked for of them. */
export type Output = {
  /** @returns bytes written */
  add(fragment: ConsumedFragment): Promise<number>;
  /** What was added is whole, and lies where it belongs. */
  finish(): Promise<void>;
  /** As far as it came, it is finished and left under its temporary name, which is reported. */
  abandon(): Promise<string | undefined>;
};

/** A file under its temporary name. */
type OpenFile = {
  readonly path: string;
  readonly part: string;
  readonly handle: FileHandle;
  readonly muxer: FileMuxer;
};

/**
 * Files, of which no half one has its final name. Another file begins where the tracks change:
 * `film.mkv`, `film-2.mkv`, ….
 */
export class FileOutput implements Output {
  readonly #path: string;
  readonly #isForced: boolean;
  readonly #createMuxer: () => FileMuxer;
  /** Told of each file that is whole. */
  readonly #onFile: (path: string) => void;
  #open: OpenFile | undefined;
  #files = 0;

  constructor(
    path: string,
    isForced: boolean,
    createMuxer: () => FileMuxer,
    onFile: (path: string) => void,
  ) {
    this.#path = path;
    this.#isForced = isForced;
    this.#createMuxer = createMuxer;
    this.#onFile = onFile;
  }

  /** @throws KvsError where there is such a file already */
  async check(): Promise<void> {
    if (this.#isForced || !(await exists(this.#path))) return;
    throw new KvsError('STATUS_INVALID_ARG', `${this.#path} exists`, {
      advice: 'Give another name, or --force to overwrite it.',
    });
  }

  async add(fragment: ConsumedFragment): Promise<number> {
    if (this.#open?.muxer.accepts(fragment) === false) await this.finish();
    this.#open ??= await this.#begin();
    const { handle, muxer, part } = this.#open;
    const writes = await muxer.add(fragment);
    await writeAt(handle, writes).catch((cause) => cannotWrite(part, cause));
    return writes.reduce((sum, { data }) => sum + data.length, 0);
  }

  async finish(): Promise<void> {
    const file = this.#open;
    if (file === undefined) return;
    const writes = await file.muxer.end();
    await writeAt(file.handle, writes).catch((cause) => cannotWrite(file.part, cause));
    this.#open = undefined;
    await file.handle.close();
    await rename(file.part, file.path);
    this.#onFile(file.path);
  }

  async abandon(): Promise<string | undefined> {
    const file = this.#open;
    this.#open = undefined;
    if (file === undefined) return undefined;
    // What cannot be written or finished any more is left as it is.
    await file.muxer
      .end()
      .then((writes) => writeAt(file.handle, writes))
      .catch(() => {});
    await file.handle.close().catch(() => {});
    // One that somebody has removed is not worth an error in place of the first one.
    const size = await stat(file.part).then(
      (status) => status.size,
      () => undefined,
    );
    if (size === 0) await unlink(file.part).catch(() => {});
    return size === undefined || size === 0 ? undefined : file.part;
  }

  async #begin(): Promise<OpenFile> {
    this.#files += 1;
    const path = this.#files === 1 ? this.#path : await this.#nextPath();
    const part = `${path}.part`;
    try {
      const handle = await open(part, this.#isForced ? 'w' : 'wx');
      return { path, part, handle, muxer: this.#createMuxer() };
    } catch (cause) {
      throw cannotOpen(part, cause);
    }
  }

  /** Nothing may be asked any more: names that are taken are passed over. */
  async #nextPath(): Promise<string> {
    const ending = extname(this.#path);
    const stem = this.#path.slice(0, this.#path.length - ending.length);
    for (;;) {
      const path = `${stem}-${this.#files}${ending}`;
      if (this.#isForced || !(await exists(path))) return path;
      this.#files += 1;
    }
  }
}

function cannotWrite(part: string, cause: Error): never {
  throw new KvsError('STATUS_WRITE_TO_FILE_FAILED', `${part} cannot be written: ${cause.message}`, {
    cause,
  });
}

function cannotOpen(part: string, cause: unknown): KvsError {
  const { code, message } = cause as NodeJS.ErrnoException;
  if (code === 'EEXIST') {
    return new KvsError('STATUS_OPEN_FILE_FAILED', `${part} exists`, {
      cause,
      advice: 'It is being written, or was left behind by what failed: --force overwrites it.',
    });
  }
  return new KvsError('STATUS_OPEN_FILE_FAILED', `${part} cannot be written: ${message}`, {
    cause,
  });
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
