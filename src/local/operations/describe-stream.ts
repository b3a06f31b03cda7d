import * as members from '../validation/members.ts';
import { structure } from '../validation/shapes.ts';
import { jsonOperation } from './operation.ts';
import { streamInfo } from './stream-info-answer.ts';

/**
 * DescribeStream.
 * https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/API_DescribeStream.html
 */
export const describeStream = jsonOperation({
  name: 'DescribeStream',
  path: '/describeStream',
  input: structure({ StreamName: members.streamName, StreamARN: members.streamArn }),
  run(input, { context }) {
    return { StreamInfo: streamInfo(context.streams.find(input).record) };
  },
});
