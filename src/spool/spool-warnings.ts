import { KvsError } from '../errors/kvs-error.ts';
import type { FoundSegment } from './find-spool.ts';

/** What a spool says to whoever runs the stream. */

/** The disk cannot be read or written at all, for now. */
export function unusableDisk(folder: string, cause: unknown): KvsError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new KvsError(
    'STATUS_WRITE_TO_FILE_FAILED',
    `The spool in ${folder} cannot be used: ${why}. Media is buffered in memory only`,
    { cause, advice: 'Check the disk: is it full, read-only or gone?' },
  );
}

/** More comes than the disk takes. */
export function slowDisk(folder: string): KvsError {
  return new KvsError(
    'STATUS_WRITE_TO_FILE_FAILED',
    `The disk of the spool in ${folder} is slower than the stream: fragments are dropped`,
    { advice: 'Use a faster disk, spool-sync=interval or never, or a lower bit rate.' },
  );
}

/** Fragments of earlier runs whose time nobody knows. */
export function guessedTimes(folder: string, fragments: number): KvsError {
  return new KvsError(
    'STATUS_MKV_INVALID_FRAME_TIMESTAMP',
    `${fragments} fragments in ${folder} were recorded by a clock that was not set, before the machine was started again: nobody knows when. They are sent with times right before that start`,
  );
}

/** A part of a segment that is no record. */
export type DamagedPlace = {
  readonly path: string;
  readonly offset: number;
  readonly byteLength: number;
};

/** All parts of segments that are no records. */
export function damagedPlaces(segments: readonly FoundSegment[]): DamagedPlace[] {
  return segments.flatMap(({ path, damaged }) =>
    damaged.map(({ offset, byteLength }) => ({ path, offset, byteLength })),
  );
}

/** Bytes that were lost before the spool was opened. */
export function unreadablePlaces(first: DamagedPlace, places: readonly DamagedPlace[]): KvsError {
  const bytes = places.reduce((sum, { byteLength }) => sum + byteLength, 0);
  const which = places.length === 1 ? 'A place' : `${places.length} places, the first`;
  return new KvsError(
    'STATUS_READ_FILE_FAILED',
    `${which} in ${first.path} at byte ${first.offset}, cannot be read: ${bytes} bytes are lost, and everything else is sent`,
    {
      advice:
        'A power cut can leave such a place at the end of a file. If it is elsewhere, check the disk.',
    },
  );
}

/** A fragment that was whole when the spool was opened, and is not now. */
export function unreadableFragment(path: string, frames: number): KvsError {
  const text = `A fragment of ${frames} frames in ${path} cannot be read, and is lost`;
  return new KvsError('STATUS_READ_FILE_FAILED', text, { advice: 'Check the disk.' });
}
