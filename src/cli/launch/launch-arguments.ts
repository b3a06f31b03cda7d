import type { StatusOptions } from '../status/status-options.ts';

/** What commander makes of the options. */
export type LaunchArguments = StatusOptions & {
  readonly quiet?: boolean;
  readonly messages?: boolean;
  readonly verbose?: boolean;
  readonly exclude: readonly string[];
  readonly adaptiveBitrate?: boolean;
  /** Bits per second. */
  readonly minBitrate?: number;
  readonly maxBitrate?: number;
  readonly profile?: string;
  readonly roleArn?: string;
  readonly logFile?: string;
  readonly logLevel?: string;
  readonly gstDebug?: string;
  readonly gstPluginPath?: string;
  readonly pluginPath?: boolean;
};
