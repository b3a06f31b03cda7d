import * as members from '../validation/members.ts';
import { structure } from '../validation/shapes.ts';
import { jsonOperation } from './operation.ts';
import { requireActive, requireVersion } from './require-version.ts';

/**
 * DescribeStreamStorageConfiguration.
 * https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/API_DescribeStreamStorageConfiguration.html
 */
export const describeStreamStorageConfiguration = jsonOperation({
  name: 'DescribeStreamStorageConfiguration',
  path: '/describeStreamStorageConfiguration',
  input: structure({ StreamName: members.streamName, StreamARN: members.streamArn }),
  run(input, { context }) {
    const { name, arn, storageTier = 'HOT' } = context.streams.find(input).record;
    return {
      StreamName: name,
      StreamARN: arn,
      StreamStorageConfiguration: { DefaultStorageTier: storageTier },
    };
  },
});

/**
 * UpdateStreamStorageConfiguration.
 * https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/API_UpdateStreamStorageConfiguration.html
 */
export const updateStreamStorageConfiguration = jsonOperation({
  name: 'UpdateStreamStorageConfiguration',
  path: '/updateStreamStorageConfiguration',
  input: structure(
    {
      StreamName: members.streamName,
      StreamARN: members.streamArn,
      CurrentVersion: members.version,
      StreamStorageConfiguration: members.streamStorageConfiguration,
    },
    'CurrentVersion',
    'StreamStorageConfiguration',
  ),
  async run(input, { context }) {
    const stream = context.streams.find(input);
    requireActive(stream.record);
    requireVersion(stream.record, input.CurrentVersion);
    await context.streams.update(stream, (record) => {
      record.storageTier = input.StreamStorageConfiguration.DefaultStorageTier;
    });
  },
});
