/** Lifecycle of a stream as DescribeStream shows it. */
export type StreamStatus = 'CREATING' | 'ACTIVE' | 'UPDATING' | 'DELETING';

/** What streams.json holds of a stream. */
export type StreamRecord = {
  readonly name: string;
  readonly arn: string;
  readonly creationTimeMs: number;
  /** Folder under `<dataDir>/streams/`; the name itself where that makes a good file name. */
  readonly folder: string;
  readonly kmsKeyId: string;
  deviceName: string | undefined;
  mediaType: string | undefined;
  retentionHours: number;
  /** Changes with every update; optimistic lock of UpdateStream and UpdateDataRetention. */
  version: string;
  status: StreamStatus;
  tags: Record<string, string>;
};
