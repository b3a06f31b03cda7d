import type { ArchiveRange, MediaStart } from '../../consumer/consumer-options.ts';
import { KvsError } from '../../errors/kvs-error.ts';
import type { AwsOptions } from '../process/aws-options.ts';
import type { LogOptions } from '../process/log-options.ts';

/** What `kvs-launch get` is given. */
export type GetOptions = AwsOptions &
  LogOptions & {
    readonly output?: string;
    readonly format?: 'mkv' | 'mp4' | 'jpg' | 'png';
    /** Folder for images. */
    readonly frames?: string;
    /** Milliseconds from image to image; 0 for all. */
    readonly every?: number;
    readonly force?: boolean;
    readonly start?: 'now' | 'earliest' | Date;
    readonly afterFragment?: string;
    readonly continuationToken?: string;
    readonly from?: Date;
    readonly to?: Date;
    readonly by: 'producer' | 'server';
    readonly parallel?: number;
    readonly count?: number;
    /** Milliseconds of media. */
    readonly duration?: number;
    readonly list?: boolean;
    readonly tags?: boolean;
    readonly json?: boolean;
  };

/** Which part of a stream is read. */
export type Selection =
  | { readonly kind: 'media'; readonly start: MediaStart }
  | { readonly kind: 'archive'; readonly range: ArchiveRange };

/**
 * @throws KvsError for options that exclude each other
 */
export function selectionOf(options: GetOptions): Selection {
  const { from, to, by, parallel, list = false } = options;
  const starts = startsOf(options);
  if (starts.length > 1) {
    throw new KvsError('STATUS_INVALID_ARG', 'A stream is read from one place', {
      advice: 'Give one of --start, --after-fragment, --continuation-token.',
    });
  }
  const isArchive = from !== undefined || to !== undefined || list;
  if (!isArchive) return { kind: 'media', start: starts[0] ?? 'now' };
  if (starts.length > 0) {
    throw new KvsError('STATUS_INVALID_ARG', 'A range of the archive has its own start', {
      advice: 'Give either --from and --to, or where to start; --list is about the archive.',
    });
  }
  const start = from ?? new Date(0);
  if (to !== undefined && to < start) {
    throw new KvsError('STATUS_INVALID_ARG', 'The range ends before it begins', {
      advice: '--from is the earlier time.',
    });
  }
  const range = {
    from: start,
    ...(to === undefined ? {} : { to }),
    by,
    ...(parallel === undefined ? {} : { parallel }),
  };
  return { kind: 'archive', range };
}

function startsOf({ start, by, afterFragment, continuationToken }: GetOptions): MediaStart[] {
  const starts: MediaStart[] = [];
  if (typeof start === 'string') {
    starts.push(start);
  } else if (start !== undefined) {
    starts.push(by === 'server' ? { serverTimestamp: start } : { producerTimestamp: start });
  }
  if (afterFragment !== undefined) starts.push({ afterFragmentNumber: afterFragment });
  if (continuationToken !== undefined) starts.push({ continuationToken });
  return starts;
}
