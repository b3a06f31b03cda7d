import type { Fault } from '../support/fault.ts';
import type { AckRule } from '../support/front.ts';

/** The fragment that is begun next gets an error; all is well afterwards. */
function nextFragmentFails(errorId: number): AckRule {
  let isDone = false;
  return ({ EventType }) => {
    if (isDone || EventType !== 'BUFFERING') return 'pass';
    isDone = true;
    return { insteadErrorId: errorId };
  };
}

/** Acknowledged with an error once, and taken the next time. */
const PASSING = [4000, 4003, 4503, 5000, 5001];
/** The service says that it will never take this fragment; the stream goes on behind it. */
const REFUSED_FRAGMENT = [4001, 4002, 4004, 4006, 4009, 4011];
/** The service says that it will take nothing more. */
const REFUSED_STREAM = [
  ...[4005, 4007, 4008, 4010, 4012, 4500, 4501, 4502, 4504, 4505, 4506, 4507],
];

function errorAck(text: string, goal: Fault['goal']): (errorId: number) => Fault {
  return (errorId) => ({
    name: `error acknowledgement ${errorId} (${text})`,
    goal,
    strike: ({ front }) => {
      front.ackRule = nextFragmentFails(errorId);
    },
  });
}

const isPersisted: AckRule = ({ EventType }) => (EventType === 'PERSISTED' ? 'lose' : 'pass');

/** Acknowledgements: errors, late, missing. */
export const ACK_FAULTS: readonly Fault[] = [
  ...PASSING.map(errorAck('try again', 'nothing lost')),
  ...REFUSED_FRAGMENT.map(errorAck('fragment refused', 'reported')),
  ...REFUSED_STREAM.map(errorAck('stream refused', 'reported')),
  {
    name: 'acknowledgements 3 s late',
    goal: 'nothing lost',
    behaviours: { ackDelayMs: 3_000 },
  },
  {
    name: 'no acknowledgements for 5 s',
    goal: 'nothing lost',
    strike: ({ front }) => {
      front.ackRule = () => 'lose';
    },
    lastsMs: 5_000,
    mend: ({ front }) => {
      front.ackRule = () => 'pass';
    },
  },
  {
    name: 'two of five acknowledgements lost',
    goal: 'nothing lost',
    arrange: ({ front }) => {
      let count = 0;
      front.ackRule = () => ([1, 3].includes(count++ % 5) ? 'lose' : 'pass');
    },
  },
  {
    name: 'no acknowledgement at all',
    goal: 'reported',
    properties: 'stop-stream-timeout=8',
    arrange: ({ front }) => {
      front.ackRule = () => 'lose';
    },
  },
  {
    name: 'received, and never acknowledged as persisted',
    goal: 'reported',
    properties: 'stop-stream-timeout=8',
    arrange: ({ front }) => {
      front.ackRule = isPersisted;
    },
  },
];
