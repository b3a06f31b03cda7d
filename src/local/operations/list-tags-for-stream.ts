import type { StreamRecord } from '../data-folder/stream-record.ts';
import * as members from '../validation/members.ts';
import { structure } from '../validation/shapes.ts';
import { decodeToken } from './next-token.ts';
import { jsonOperation } from './operation.ts';

/**
 * ListTagsForStream. At most 50, so always one page.
 * https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/API_ListTagsForStream.html
 */
export const listTagsForStream = jsonOperation({
  name: 'ListTagsForStream',
  path: '/listTagsForStream',
  input: structure({
    NextToken: members.nextToken,
    StreamARN: members.streamArn,
    StreamName: members.streamName,
  }),
  run(input, { context }) {
    return tagsOf(context.streams.find(input).record, input.NextToken);
  },
});

/** ListTagsForResource: the same by ARN. */
export const listTagsForResource = jsonOperation({
  name: 'ListTagsForResource',
  path: '/ListTagsForResource',
  input: structure({ NextToken: members.nextToken, ResourceARN: members.streamArn }, 'ResourceARN'),
  run(input, { context }) {
    const { record } = context.streams.find({ StreamARN: input.ResourceARN });
    return tagsOf(record, input.NextToken);
  },
});

function tagsOf(record: StreamRecord, token: string | undefined): { Tags: StreamRecord['tags'] } {
  if (token) decodeToken(token, 'tags');
  return { Tags: record.tags };
}
