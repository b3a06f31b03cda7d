import * as members from '../validation/members.ts';
import { integer, oneOf, structure } from '../validation/shapes.ts';
import { decodeToken, encodeToken } from './next-token.ts';
import { jsonOperation } from './operation.ts';
import { streamInfo } from './stream-info-answer.ts';

/**
 * ListStreams, in the order of names.
 * https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/API_ListStreams.html
 */
export const listStreams = jsonOperation({
  name: 'ListStreams',
  path: '/listStreams',
  input: structure({
    MaxResults: integer(1, 10_000),
    NextToken: members.nextToken,
    StreamNameCondition: structure({
      ComparisonOperator: oneOf('BEGINS_WITH'),
      ComparisonValue: members.streamName,
    }),
  }),
  run(input, { context }) {
    const max = input.MaxResults ?? 10_000;
    const prefix = input.StreamNameCondition?.ComparisonValue ?? '';
    const after = input.NextToken ? decodeToken(input.NextToken, 'streams') : '';
    const matching = context.streams
      .list()
      .map((stream) => stream.record)
      .filter((record) => record.name.startsWith(prefix) && record.name > after);
    const page = matching.slice(0, max);
    const last = page.at(-1);
    return {
      StreamInfoList: page.map(streamInfo),
      NextToken: matching.length > max && last ? encodeToken(last.name, 'streams') : undefined,
    };
  },
});
