import { ServiceError } from '../errors/service-error.ts';
import * as members from '../validation/members.ts';
import { integer, oneOf, structure } from '../validation/shapes.ts';
import { jsonOperation } from './operation.ts';

/**
 * DescribeMediaStorageConfiguration: of signaling channels, of which the service has none.
 * https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/API_DescribeMediaStorageConfiguration.html
 */
export const describeMediaStorageConfiguration = jsonOperation({
  name: 'DescribeMediaStorageConfiguration',
  path: '/describeMediaStorageConfiguration',
  input: structure({ ChannelName: members.streamName, ChannelARN: members.streamArn }),
  run({ ChannelName, ChannelARN }) {
    const channel = ChannelARN ?? ChannelName;
    if (channel !== undefined) throw noChannel(channel);
    throw new ServiceError(
      'InvalidArgumentException',
      'Either the ChannelName or the ChannelARN must be specified.',
    );
  },
});

/**
 * UpdateMediaStorageConfiguration.
 * https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/API_UpdateMediaStorageConfiguration.html
 */
export const updateMediaStorageConfiguration = jsonOperation({
  name: 'UpdateMediaStorageConfiguration',
  path: '/updateMediaStorageConfiguration',
  input: structure(
    {
      ChannelARN: members.streamArn,
      MediaStorageConfiguration: structure(
        { StreamARN: members.streamArn, Status: oneOf('ENABLED', 'DISABLED') },
        'Status',
      ),
    },
    'ChannelARN',
    'MediaStorageConfiguration',
  ),
  run({ ChannelARN, MediaStorageConfiguration: { Status, StreamARN } }, { context }) {
    if (Status === 'ENABLED' && StreamARN === undefined) {
      throw new ServiceError(
        'InvalidArgumentException',
        'The StreamARN must be specified when the Status is ENABLED.',
      );
    }
    if (StreamARN !== undefined) context.streams.find({ StreamARN });
    throw noChannel(ChannelARN);
  },
});

/**
 * DescribeMappedResourceConfiguration: the channel that stores into a stream.
 * https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/API_DescribeMappedResourceConfiguration.html
 */
export const describeMappedResourceConfiguration = jsonOperation({
  name: 'DescribeMappedResourceConfiguration',
  path: '/describeMappedResourceConfiguration',
  input: structure({
    StreamName: members.streamName,
    StreamARN: members.streamArn,
    MaxResults: integer(1, 1),
    NextToken: members.nextToken,
  }),
  run(input, { context }) {
    context.streams.find(input);
    return { MappedResourceConfigurationList: [] };
  },
});

function noChannel(channel: string): ServiceError {
  return new ServiceError(
    'ResourceNotFoundException',
    `The requested channel is not found or not active: '${channel}'.`,
    { awsText: 'The requested channel is not found or not active.' },
  );
}
