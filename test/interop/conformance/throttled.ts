import { CASES, type Case } from './cases.ts';

/** Calls until every quota of a second is used up; the clock of that service stands still. */
export const MAX_CALLS = 60;

/** So that few calls use up what is counted by fragments, and none needs a stream that has gone. */
const INPUTS: Readonly<Record<string, Case['input']>> = {
  DeleteStream: () => ({
    StreamARN: 'arn:aws:kinesisvideo:us-west-2:123456789012:stream/none/1700000000000',
  }),
  ListFragments: (w) => ({ StreamName: w.name('main'), MaxResults: 1000 }),
  GetMediaForFragmentList: (w) => ({
    StreamName: w.name('main'),
    Fragments: Array.from({ length: 500 }, () => '1'),
  }),
};

/**
 * Each operation, called until it is one call too many. GetClip and GetImages share their quotas
 * with ListFragments and GetMediaForFragmentList, which come before them.
 */
const THROTTLED: readonly Case[] = CASES.filter(
  ({ operation }, i) => CASES.findIndex((one) => one.operation === operation) === i,
).map(({ target, operation, input }) => ({
  target,
  operation,
  error: 'ClientLimitExceededException',
  place: 'limited',
  input: INPUTS[operation] ?? input,
}));

/** All of them. */
export const ALL_CASES: readonly Case[] = [...CASES, ...THROTTLED];
