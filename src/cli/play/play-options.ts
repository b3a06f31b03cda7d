import type { AwsOptions } from '../process/aws-options.ts';
import type { LogOptions } from '../process/log-options.ts';

/** What `kvs-launch play` is given. */
export type PlayOptions = AwsOptions &
  LogOptions & {
    readonly from?: Date;
    readonly to?: Date;
    readonly by: 'producer' | 'server';
    /** Seconds. */
    readonly expires: number;
    readonly open?: boolean;
    readonly window?: boolean;
    readonly videoSink: string;
    readonly audioSink: string;
    readonly json?: boolean;
  };
