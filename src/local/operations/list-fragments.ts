import { ServiceError } from '../errors/service-error.ts';
import type { FragmentRecord } from '../fragments/fragment-record.ts';
import { startOf } from '../fragments/timestamp-origin.ts';
import * as members from '../validation/members.ts';
import { integer, structure, text } from '../validation/shapes.ts';
import { decodeToken, encodeToken } from './next-token.ts';
import { jsonOperation } from './operation.ts';

/**
 * ListFragments, in the order of numbers.
 * https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/API_reader_ListFragments.html
 */
export const listFragments = jsonOperation({
  name: 'ListFragments',
  path: '/listFragments',
  input: structure({
    StreamName: members.streamName,
    StreamARN: members.streamArn,
    MaxResults: integer(1, 1000),
    NextToken: text(1, 4096, '[a-zA-Z0-9+/]+={0,2}'),
    FragmentSelector: structure(
      {
        FragmentSelectorType: members.timestampOrigin,
        TimestampRange: members.timestampRange,
      },
      'FragmentSelectorType',
      'TimestampRange',
    ),
  }),
  async run(input, { context }) {
    const { fragments, record } = context.streams.findReadable(input);
    const max = input.MaxResults ?? 100;
    context.quotas?.admitFragments('metadata', record.name, max);
    // Of this stream: numbers of another one lie anywhere among its own.
    const listing = `fragments of ${record.arn}`;
    const after = input.NextToken === undefined ? undefined : decodeToken(input.NextToken, listing);
    const selector = input.FragmentSelector;
    if (selector && selector.TimestampRange.EndTimestamp < selector.TimestampRange.StartTimestamp) {
      throw new ServiceError(
        'InvalidArgumentException',
        'The EndTimestamp must not be before the StartTimestamp.',
      );
    }
    const fromMs = selector?.TimestampRange.StartTimestamp;
    const window = {
      ...(after === undefined ? {} : { after }),
      ...(selector === undefined
        ? {}
        : {
            origin: selector.FragmentSelectorType,
            fromMs: selector.TimestampRange.StartTimestamp,
            untilMs: selector.TimestampRange.EndTimestamp,
          }),
    };
    const page: FragmentRecord[] = [];
    let more = false;
    for await (const record of fragments.select(window)) {
      // Those that only reach into the range are not listed.
      if (selector && startOf(record, selector.FragmentSelectorType) < (fromMs ?? 0)) continue;
      more = page.length === max;
      if (more) break;
      page.push(record);
    }
    const last = page.at(-1);
    return {
      Fragments: page.map((record) => ({
        FragmentNumber: record.number,
        FragmentSizeInBytes: record.bytes,
        ProducerTimestamp: record.producerTimestampMs / 1000,
        ServerTimestamp: record.serverTimestampMs / 1000,
        FragmentLengthInMilliseconds: record.durationMs,
      })),
      NextToken: more && last ? encodeToken(last.number, listing) : undefined,
    };
  },
});
