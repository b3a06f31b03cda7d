import { ServiceError } from '../errors/service-error.ts';
import { numberBefore } from '../fragments/fragment-number.ts';
import type { StreamFragments } from '../fragments/stream-fragments.ts';
import * as members from '../validation/members.ts';
import { oneOf, structure, text, timestamp, type ValueOf } from '../validation/shapes.ts';

/** https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/API_dataplane_StartSelector.html */
export const startSelector = structure(
  {
    StartSelectorType: oneOf(
      'FRAGMENT_NUMBER',
      'SERVER_TIMESTAMP',
      'PRODUCER_TIMESTAMP',
      'NOW',
      'EARLIEST',
      'CONTINUATION_TOKEN',
    ),
    AfterFragmentNumber: members.fragmentNumber,
    StartTimestamp: timestamp,
    ContinuationToken: text(1, 128, '[a-zA-Z0-9_\\.\\-]+'),
  },
  'StartSelectorType',
);

/** The number after which reading starts; undefined for the very beginning. */
export type StartPoint = { readonly number: string | undefined };

/**
 * Where reading starts; `missing` when it is to start behind a fragment that does not exist.
 * @throws ServiceError InvalidArgumentException when what the type needs is missing.
 */
export async function startAfter(
  selector: ValueOf<typeof startSelector>,
  fragments: StreamFragments,
): Promise<StartPoint | 'missing'> {
  switch (selector.StartSelectorType) {
    case 'EARLIEST':
      return { number: undefined };
    case 'NOW':
      // "Start with the latest chunk on the stream."
      return { number: (await fragments.fromEnd(1))?.number };
    case 'FRAGMENT_NUMBER': {
      const number = need(selector.AfterFragmentNumber, 'AfterFragmentNumber');
      // A copy that was sent again stands for the first one, which AWS would still have.
      return (await fragments.current(number)) === undefined ? 'missing' : { number };
    }
    case 'CONTINUATION_TOKEN': {
      const token = need(selector.ContinuationToken, 'ContinuationToken');
      if (!/^[0-9]+$/.test(token)) {
        throw new ServiceError('InvalidArgumentException', 'The ContinuationToken is not valid.');
      }
      return { number: token };
    }
    case 'PRODUCER_TIMESTAMP':
    case 'SERVER_TIMESTAMP': {
      const from = need(selector.StartTimestamp, 'StartTimestamp');
      const origin = selector.StartSelectorType;
      // The chunk that contains the time, or the next one after it.
      for await (const record of fragments.select({ origin, fromMs: from })) {
        return { number: numberBefore(record.number) };
      }
      return { number: fragments.newest?.number };
    }
  }
}

function need<T>(value: T | undefined, name: string): T {
  if (value !== undefined) return value;
  throw new ServiceError('InvalidArgumentException', `The StartSelector lacks ${name}.`);
}
