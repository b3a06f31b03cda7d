import type { StreamRecord } from '../data-folder/stream-record.ts';

/**
 * The StreamInfo object. Times are seconds, as REST-JSON has them.
 * https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/API_StreamInfo.html
 */
export function streamInfo(record: StreamRecord): Record<string, unknown> {
  return {
    DeviceName: record.deviceName,
    StreamName: record.name,
    StreamARN: record.arn,
    MediaType: record.mediaType,
    KmsKeyId: record.kmsKeyId,
    Version: record.version,
    Status: record.status,
    CreationTime: record.creationTimeMs / 1000,
    DataRetentionInHours: record.retentionHours,
  };
}
