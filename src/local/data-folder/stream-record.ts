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
  /** Default storage tier; HOT where there is none. Nothing is stored differently. */
  storageTier?: StorageTier | undefined;
  imageGeneration?: ImageGeneration | undefined;
  notification?: NotificationSettings | undefined;
};

/** DefaultStorageTier. */
export type StorageTier = 'HOT' | 'WARM';

/** ImageGenerationConfiguration, as it was given. */
export type ImageGeneration = {
  readonly Status: 'ENABLED' | 'DISABLED';
  readonly ImageSelectorType: 'SERVER_TIMESTAMP' | 'PRODUCER_TIMESTAMP';
  readonly DestinationConfig: { readonly Uri: string; readonly DestinationRegion: string };
  /** Milliseconds. */
  readonly SamplingInterval: number;
  readonly Format: 'JPEG' | 'PNG';
  readonly FormatConfig?: Readonly<Record<string, string>> | undefined;
  readonly WidthPixels?: number | undefined;
  readonly HeightPixels?: number | undefined;
};

/** NotificationConfiguration, as it was given. */
export type NotificationSettings = {
  readonly Status: 'ENABLED' | 'DISABLED';
  readonly DestinationConfig: { readonly Uri: string };
};
