/** When what was written is made to outlive a loss of power; a killed process loses none of it. */
export type SpoolSync = 'each-fragment' | 'interval' | 'never';

/** What is sent first once the service is back: what is older, or what is live. */
export type SpoolPolicy = 'ordered' | 'live-first';

/** The spool of one stream. */
export type SpoolSettings = {
  /** In which the stream has a folder of its own. */
  readonly directory: string;
  readonly streamName: string | undefined;
  readonly streamArn: string | undefined;
  /** Files' bytes, at most. */
  readonly sizeBytes: number;
  /** Media, at most; 0: no limit but the size. */
  readonly durationMs: number;
  readonly sync: SpoolSync;
  readonly policy: SpoolPolicy;
  /** For what is sent from the spool; 0: no limit. */
  readonly bandwidthBps: number;
  /** File with the key that it is encrypted with. */
  readonly keyFile: string | undefined;
};

/** The folder of a stream's spool within spool-directory. */
export function folderName({
  streamName,
  streamArn,
}: Pick<SpoolSettings, 'streamName' | 'streamArn'>): string {
  const name = streamName ?? streamArn ?? '';
  return `${name.replaceAll(/[^\w.-]/g, '_')}${FOLDER_SUFFIX}`;
}

/** Distinguishes the folders of spools from others. */
export const FOLDER_SUFFIX = '.spool';
