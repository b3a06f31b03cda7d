import type { AwsOptions } from '../process/aws-options.ts';
import type { LogOptions } from '../process/log-options.ts';

/** Where the time of a file's first frame is taken from, unless it is given. */
export type StartSource = 'auto' | 'name' | 'metadata' | 'mtime';

/** Options of `kvs-launch put`. */
export type PutOptions = AwsOptions &
  LogOptions & {
    /** May hold `{name}`, for the file's own. */
    readonly streamName: string;
    readonly startTime: StartSource | Date;
    /** Of a stream that is created. */
    readonly retention: number;
    /** Tags of each fragment. */
    readonly tag: Readonly<Record<string, string>>;
    /** Pictures per second of files without timestamps; undefined where nobody said. */
    readonly frameRate: number | undefined;
    /** Streams that are sent to at once. */
    readonly parallel: number;
    /** Whether what the stream has already is left out. */
    readonly resume: boolean;
  };
