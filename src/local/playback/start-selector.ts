import { ServiceError } from '../errors/service-error.ts';
import type { FragmentStore } from '../fragments/fragment-store.ts';
import { startOf } from '../fragments/timestamp-origin.ts';
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

/**
 * The number after which reading starts; undefined for the very beginning.
 * @throws ServiceError InvalidArgumentException when what the type needs is missing.
 */
export function startAfter(
  selector: ValueOf<typeof startSelector>,
  fragments: FragmentStore,
): string | undefined {
  const all = fragments.list();
  switch (selector.StartSelectorType) {
    case 'EARLIEST':
      return undefined;
    case 'NOW':
      // "Start with the latest chunk on the stream."
      return all.at(-2)?.number;
    case 'FRAGMENT_NUMBER':
      return need(selector.AfterFragmentNumber, 'AfterFragmentNumber');
    case 'CONTINUATION_TOKEN': {
      const token = need(selector.ContinuationToken, 'ContinuationToken');
      if (!/^[0-9]+$/.test(token)) {
        throw new ServiceError('InvalidArgumentException', 'The ContinuationToken is not valid.');
      }
      return token;
    }
    case 'PRODUCER_TIMESTAMP':
    case 'SERVER_TIMESTAMP': {
      const from = need(selector.StartTimestamp, 'StartTimestamp');
      const origin = selector.StartSelectorType;
      // The chunk that contains the time, or the next one after it.
      const first = all.findIndex((record) => {
        const start = startOf(record, origin);
        return start + record.durationMs > from || start >= from;
      });
      return first < 0 ? all.at(-1)?.number : all[first - 1]?.number;
    }
  }
}

function need<T>(value: T | undefined, name: string): T {
  if (value !== undefined) return value;
  throw new ServiceError('InvalidArgumentException', `The StartSelector lacks ${name}.`);
}
