import { ServiceError } from '../errors/service-error.ts';
import type { FragmentRecord } from '../fragments/fragment-record.ts';
import { startOf, type TimestampOrigin } from '../fragments/timestamp-origin.ts';
import * as members from '../validation/members.ts';
import { integer, structure, text, type ValueOf } from '../validation/shapes.ts';
import { decodeToken, encodeToken } from './next-token.ts';
import { jsonOperation } from './operation.ts';

const fragmentSelector = structure(
  {
    FragmentSelectorType: members.timestampOrigin,
    TimestampRange: members.timestampRange,
  },
  'FragmentSelectorType',
  'TimestampRange',
);

type FragmentSelector = ValueOf<typeof fragmentSelector>;

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
    FragmentSelector: fragmentSelector,
  }),
  async run(input, { context }) {
    const { fragments, record } = context.streams.findReadable(input);
    const max = input.MaxResults ?? 100;
    context.quotas?.admitFragments('metadata', record.name, max);
    // Of this stream: numbers of another one lie anywhere among its own.
    const listing = `fragments of ${record.arn}`;
    const before = input.NextToken === undefined ? undefined : readToken(input.NextToken, listing);
    // "Only required when the NextToken isn't passed": the token goes on with what it began with.
    const selector = input.FragmentSelector ?? before?.selector;
    if (selector && selector.TimestampRange.EndTimestamp < selector.TimestampRange.StartTimestamp) {
      throw new ServiceError(
        'InvalidArgumentException',
        'The EndTimestamp must not be before the StartTimestamp.',
      );
    }
    const fromMs = selector?.TimestampRange.StartTimestamp;
    const window = {
      ...(before === undefined ? {} : { after: before.after }),
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
      NextToken: more && last ? makeToken(last.number, selector, listing) : undefined,
    };
  },
});

/** Where a listing stopped, and what it selects. */
type Position = { readonly after: string; readonly selector: FragmentSelector | undefined };

function makeToken(after: string, selector: FragmentSelector | undefined, listing: string): string {
  if (selector === undefined) return encodeToken(after, listing);
  const { FragmentSelectorType, TimestampRange } = selector;
  const { StartTimestamp, EndTimestamp } = TimestampRange;
  return encodeToken(`${after} ${FragmentSelectorType} ${StartTimestamp} ${EndTimestamp}`, listing);
}

/** @throws ServiceError InvalidArgumentException for a token of another listing, or of none. */
function readToken(token: string, listing: string): Position {
  const [after = '', origin, from, until] = decodeToken(token, listing).split(' ');
  if (origin === undefined) return { after, selector: undefined };
  return {
    after,
    selector: {
      FragmentSelectorType: origin as TimestampOrigin,
      TimestampRange: { StartTimestamp: Number(from), EndTimestamp: Number(until) },
    },
  };
}
