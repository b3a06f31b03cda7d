import type { SpoolPolicy, SpoolSettings, SpoolSync } from '../../spool/settings.ts';
import { checkAmount, checkOneOf, checkRange } from './check.ts';

/** What a stream's buffer does with fragments that memory has no room for; part of StreamInfo. */
export type SpoolInfo = {
  /**
   * Folder for fragments that would have to be dropped for want of room in realtime: each stream has
   * a folder of its own in it. What is in it is sent when the service is there again, also by a
   * later process. By default there is none.
   */
  readonly spoolDirectory?: string;
  /** Bytes of its files, at most; the oldest fragments leave first. Default 1 GiB. */
  readonly spoolSize?: number;
  /** Media in it, at most; 0 is no limit. Default 0. */
  readonly spoolDurationMs?: number;
  /** When what is written outlives a loss of power. Default `each-fragment`. */
  readonly spoolSync?: SpoolSync;
  /** What goes first when the service is there again. Default `ordered`. */
  readonly spoolPolicy?: SpoolPolicy;
  /** Bits per second for what is sent from it; 0 is no limit. Default 0. */
  readonly spoolBandwidthBps?: number;
  /** File with 32 bytes, or 64 hexadecimal digits, to encrypt it with. By default it is not. */
  readonly spoolKeyFile?: string;
};

/** The defaults of a SpoolInfo. */
export const SPOOL_DEFAULTS = {
  spoolSize: 1024 * 1024 * 1024,
  spoolDurationMs: 0,
  spoolSync: 'each-fragment',
  spoolPolicy: 'ordered',
  spoolBandwidthBps: 0,
} as const satisfies SpoolInfo;

/** One fragment of the largest that are usual; and what a number of the element's property holds. */
const MIN_SPOOL_BYTES = 1024 * 1024;
const MAX_SPOOL_BYTES = (2 ** 32 - 1) * MIN_SPOOL_BYTES;

type Checked = Required<Omit<SpoolInfo, 'spoolDirectory' | 'spoolKeyFile'>>;

/** @throws KvsError that names the field, its value and the limit. */
export function checkSpool(info: Checked): void {
  const { spoolSize, spoolSync, spoolPolicy } = info;
  checkRange('spoolSize', spoolSize, MIN_SPOOL_BYTES, MAX_SPOOL_BYTES, 'STATUS_INVALID_ARG');
  checkAmount('spoolDurationMs', info.spoolDurationMs);
  checkAmount('spoolBandwidthBps', info.spoolBandwidthBps);
  checkOneOf('spoolSync', spoolSync, ['each-fragment', 'interval', 'never']);
  checkOneOf('spoolPolicy', spoolPolicy, ['ordered', 'live-first']);
}

/** The spool that is described; undefined where there is none. */
export function spoolSettings(
  info: Checked & {
    readonly spoolDirectory: string | undefined;
    readonly spoolKeyFile: string | undefined;
    readonly streamName: string | undefined;
    readonly streamArn: string | undefined;
  },
): SpoolSettings | undefined {
  const { spoolDirectory: directory, streamName, streamArn } = info;
  if (directory === undefined) return undefined;
  return {
    directory,
    streamName,
    streamArn,
    sizeBytes: info.spoolSize,
    durationMs: info.spoolDurationMs,
    sync: info.spoolSync,
    policy: info.spoolPolicy,
    bandwidthBps: info.spoolBandwidthBps,
    keyFile: info.spoolKeyFile,
  };
}
