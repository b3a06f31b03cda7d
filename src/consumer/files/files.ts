import type { ConsumedFragment } from '../fragments/consumed-fragment.ts';
import type { FileMuxer, FileWrite } from './file-muxer.ts';
import { MatroskaMuxer } from './matroska-muxer.ts';
import { Mp4Muxer } from './mp4-muxer.ts';

/** A file that is open for writing: a FileHandle of node:fs/promises, or anything that writes so. */
export type WritableFile = {
  write(
    data: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ readonly bytesWritten: number }>;
};

/** Fragments of a KinesisVideoConsumer, of readFragments, or of a list. */
export type Fragments = AsyncIterable<ConsumedFragment> | Iterable<ConsumedFragment>;

/**
 * Fragments as one Matroska stream, which ends in an index; its length is not known in front. For
 * a pipe; `writeMatroska` makes a file that knows its length.
 * @throws KvsError where a fragment does not continue the stream; see continuesFile
 */
export function toMatroska(fragments: Fragments): AsyncGenerator<Uint8Array, void, undefined> {
  return bytesOf(fragments, new MatroskaMuxer({ isStream: true }));
}

/**
 * Fragments as fragmented MP4, for a pipe or a browser: H.264 or H.265 with AAC or Opus.
 * @throws KvsError as toMatroska, and for tracks that MP4 cannot hold
 */
export function toMp4(fragments: Fragments): AsyncGenerator<Uint8Array, void, undefined> {
  return bytesOf(fragments, new Mp4Muxer({ isStream: true }));
}

/**
 * Writes one Matroska file: the frames as they were sent, from time 0 on, with the time of the first
 * one as the file's date. Closes nothing.
 * @throws KvsError as toMatroska
 */
export function writeMatroska(fragments: Fragments, file: WritableFile): Promise<void> {
  return writeWith(new MatroskaMuxer({ isStream: false }), fragments, file);
}

/**
 * Writes one MP4 file. It can be played once this is done. Closes nothing.
 * @throws KvsError as toMp4
 */
export function writeMp4(fragments: Fragments, file: WritableFile): Promise<void> {
  return writeWith(new Mp4Muxer({ isStream: false }), fragments, file);
}

/** Writes what a muxer hands out to where it belongs. */
export async function writeAt(file: WritableFile, writes: readonly FileWrite[]): Promise<void> {
  for (const { position, data } of writes) {
    for (let at = 0; at < data.length; ) {
      const { bytesWritten } = await file.write(data, at, data.length - at, position + at);
      at += bytesWritten;
    }
  }
}

async function* bytesOf(
  fragments: Fragments,
  muxer: FileMuxer,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const fragment of fragments) {
    for (const { data } of await muxer.add(fragment)) yield data;
  }
  for (const { data } of await muxer.end()) yield data;
}

async function writeWith(
  muxer: FileMuxer,
  fragments: Fragments,
  file: WritableFile,
): Promise<void> {
  for await (const fragment of fragments) await writeAt(file, await muxer.add(fragment));
  await writeAt(file, await muxer.end());
}
