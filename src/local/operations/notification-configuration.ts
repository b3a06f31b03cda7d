import * as members from '../validation/members.ts';
import { structure } from '../validation/shapes.ts';
import { requireDeliverable } from './delivery-rules.ts';
import { jsonOperation } from './operation.ts';

/**
 * DescribeNotificationConfiguration.
 * https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/API_DescribeNotificationConfiguration.html
 */
export const describeNotificationConfiguration = jsonOperation({
  name: 'DescribeNotificationConfiguration',
  path: '/describeNotificationConfiguration',
  input: structure({ StreamName: members.streamName, StreamARN: members.streamArn }),
  run(input, { context }) {
    return { NotificationConfiguration: context.streams.find(input).record.notification };
  },
});

/**
 * UpdateNotificationConfiguration; without a configuration, the stream's is deleted.
 * https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/API_UpdateNotificationConfiguration.html
 */
export const updateNotificationConfiguration = jsonOperation({
  name: 'UpdateNotificationConfiguration',
  path: '/updateNotificationConfiguration',
  input: structure({
    StreamName: members.streamName,
    StreamARN: members.streamArn,
    NotificationConfiguration: structure(
      {
        Status: members.configurationStatus,
        DestinationConfig: structure({ Uri: members.destinationUri }, 'Uri'),
      },
      'Status',
      'DestinationConfig',
    ),
  }),
  async run(input, { context }) {
    const stream = context.streams.find(input);
    requireDeliverable(stream.record);
    await context.streams.update(stream, (record) => {
      record.notification = input.NotificationConfiguration;
    });
  },
});
