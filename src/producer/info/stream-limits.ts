/**
 * The producer's limits (https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/producer-sdk-limits.html,
 * below "the guide"; upstream's values where it is stricter or the guide has none). Lengths count bytes, as upstream does.
 */
export const STREAM_LIMITS = {
  /** Upstream's. The guide's soft limit of 128 is kept by deviceInfo.streamCount, 16 by default. */
  maxStreamCount: 1_000_000,
  deviceNameBytes: 128,
  streamNameBytes: 256,
  streamArnBytes: 1024,
  kmsKeyIdBytes: 2048,
  tagCount: 50,
  tagNameBytes: 128,
  tagValueBytes: 1024,
  contentTypeBytes: 128,
  trackNameBytes: 32,
  codecIdBytes: 32,
  codecPrivateBytes: 1024 * 1024,
  trackCount: 3,
  /** Upstream takes 1 MiB, the guide says 10 MiB; kvssink's storage-size is in MiB from 1 on. */
  minStorageBytes: 1024 * 1024,
  maxStorageBytes: 10 * 1024 * 1024 * 1024,
  rootDirectoryBytes: 4096,
  /** 10 years. */
  maxRetentionHours: 87_600,
  minFragmentDurationMs: 1_000,
  maxFragmentDurationMs: 30_000,
  /** 100 ns … 1 s. */
  minTimecodeScaleNs: 100,
  maxTimecodeScaleNs: 1_000_000_000,
  /** What 0 stands for. The guide's minimum, which upstream does not insist on either. */
  defaultBufferDurationMs: 20_000,
  minViewItems: 10,
  segmentUidBytes: 16,
  /** producer-c: MAX_ENDPOINT_CACHING_PERIOD. */
  maxEndpointLifeMs: 24 * 60 * 60_000,
} as const;
