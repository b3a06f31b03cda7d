import { ServiceError } from '../errors/service-error.ts';
import * as members from '../validation/members.ts';
import { integer, structure } from '../validation/shapes.ts';
import { jsonOperation } from './operation.ts';
import { checkTagKeys } from './tag-stream.ts';

/** Ten years, the longest retention (UpdateDataRetention). */
export const MAX_RETENTION_HOURS = 87_600;

/**
 * CreateStream.
 * https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/API_CreateStream.html
 */
export const createStream = jsonOperation({
  name: 'CreateStream',
  path: '/createStream',
  input: structure(
    {
      StreamName: members.streamName,
      DeviceName: members.deviceName,
      MediaType: members.mediaType,
      KmsKeyId: members.kmsKeyId,
      DataRetentionInHours: integer(0),
      Tags: members.tags,
      StreamStorageConfiguration: members.streamStorageConfiguration,
    },
    'StreamName',
  ),
  async run(input, { context, region }) {
    const retentionHours = input.DataRetentionInHours ?? context.behaviours.defaultRetentionHours;
    if (retentionHours > MAX_RETENTION_HOURS) {
      throw new ServiceError(
        'InvalidArgumentException',
        `DataRetentionInHours must be at most ${MAX_RETENTION_HOURS}.`,
      );
    }
    checkTagKeys(input.Tags ?? {});
    const stream = await context.streams.create({
      name: input.StreamName,
      region,
      deviceName: input.DeviceName,
      mediaType: input.MediaType,
      kmsKeyId: input.KmsKeyId,
      retentionHours,
      storageTier: input.StreamStorageConfiguration?.DefaultStorageTier,
      tags: input.Tags ?? {},
    });
    return { StreamARN: stream.record.arn };
  },
});
