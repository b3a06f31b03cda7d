import { MatroskaFileWriter } from '../../matroska/file-writer.ts';
import type { ConsumedFragment } from '../fragments/consumed-fragment.ts';
import {
  checkAccepted,
  continuesFile,
  type FileMuxer,
  type FileWrite,
  startOfFragment,
} from './file-muxer.ts';

/** As the file's MuxingApp and WritingApp. */
const WRITING_APP = 'kvs-launch';

/**
 * One Matroska file: the frames as they were sent, tags in front of their clusters, and times from
 * the first frame on, whose own time is the file's date.
 */
export class MatroskaMuxer implements FileMuxer {
  readonly #isStream: boolean;
  #writer: MatroskaFileWriter | undefined;
  #last: ConsumedFragment | undefined;
  #position = 0;

  /** @param options A stream is written from its begin to its end, and does not know its length. */
  constructor({ isStream }: { readonly isStream: boolean }) {
    this.#isStream = isStream;
  }

  accepts(fragment: ConsumedFragment): boolean {
    return this.#last === undefined || continuesFile(this.#last, fragment);
  }

  async add(fragment: ConsumedFragment): Promise<readonly FileWrite[]> {
    const startNs = startOfFragment(fragment);
    if (startNs === undefined) return [];
    checkAccepted(this, fragment);
    this.#last = fragment;
    const writes: FileWrite[] = [];
    if (this.#writer === undefined) {
      const isEpoch = fragment.producerTimestamp !== undefined;
      this.#writer = new MatroskaFileWriter({
        tracks: fragment.tracks,
        startNs,
        isEpoch,
        writingApp: WRITING_APP,
      });
      this.#append(writes, this.#writer.header);
    }
    this.#append(writes, this.#writer.fragment(fragment.tags, fragment.frames));
    return writes;
  }

  async end(): Promise<readonly FileWrite[]> {
    if (this.#writer === undefined) return [];
    const { tail, patches } = this.#writer.end();
    const writes: FileWrite[] = [];
    this.#append(writes, tail);
    return this.#isStream ? writes : [...writes, ...patches];
  }

  #append(writes: FileWrite[], data: Uint8Array): void {
    writes.push({ position: this.#position, data });
    this.#position += data.length;
  }
}
