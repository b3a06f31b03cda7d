import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

/** A file that is only ever appended to, and whose length is known. */
export class AppendFile {
  readonly #path: string;
  readonly #handle: FileHandle;
  #length: number;
  #isSynced = true;

  private constructor(path: string, handle: FileHandle, length: number) {
    this.#path = path;
    this.#handle = handle;
    this.#length = length;
  }

  /** Opens a file, which is made when it is not there, and cuts off what is beyond `length`. */
  static async open(path: string, length: number): Promise<AppendFile> {
    const handle = await open(path, constants.O_WRONLY | constants.O_CREAT, 0o600);
    try {
      await handle.truncate(length);
      return new AppendFile(path, handle, length);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  get length(): number {
    return this.#length;
  }

  /** Appends, and returns where; not on the disk before `sync`. */
  async append(parts: readonly Uint8Array[]): Promise<number> {
    const at = this.#length;
    const bytes = parts.reduce((sum, part) => sum + part.byteLength, 0);
    this.#isSynced = false;
    const { bytesWritten } = await this.#handle.writev([...parts], at);
    if (bytesWritten !== bytes) throw new Error(`${this.#path}: the disk is full`);
    this.#length = at + bytes;
    return at;
  }

  async sync(): Promise<void> {
    if (this.#isSynced) return;
    await this.#handle.datasync();
    this.#isSynced = true;
  }

  /** Takes back what was appended since the file had this length. */
  async cutTo(length: number): Promise<void> {
    await this.#handle.truncate(length);
    this.#length = length;
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}
