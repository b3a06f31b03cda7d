import type { Fault } from '../support/fault.ts';
import type { AckRule } from '../support/front.ts';

/** Counted by the service, so that it is in mid-stream however slow the machine is. */
const FAILING_FRAGMENT = 5;
/** One fragment gets an error when it is begun; all is well before and afterwards. */
function oneFragmentFails(errorId: number): AckRule {
  let begun = 0;
  return ({ EventType }) => {
    if (EventType !== 'BUFFERING') return 'pass';
    begun += 1;
    return begun === FAILING_FRAGMENT ? { insteadErrorId: errorId } : 'pass';
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
    strikes: injected,
    arrange: ({ front }) => {
      front.ackRule = oneFragmentFails(errorId);
    },
  });
}

/** Two of five are lost, but none again when its fragment was sent again. */
function twoOfFiveLost(): AckRule {
  let count = 0;
  const lost = new Set<string>();
  return ({ EventType, FragmentTimecode }) => {
    const name = `${EventType} ${FragmentTimecode}`;
    if (![1, 3].includes(count++ % 5) || lost.has(name)) return 'pass';
    lost.add(name);
    return 'lose';
  };
}

const injected: Fault['strikes'] = ({ front }) => front.injected;
const losePersisted: AckRule = ({ EventType }) => (EventType === 'PERSISTED' ? 'lose' : 'pass');

/** Acknowledgements: errors, late, missing. */
export const ACK_FAULTS: readonly Fault[] = [
  ...PASSING.map(errorAck('try again', 'nothing lost')),
  ...REFUSED_FRAGMENT.map(errorAck('fragment refused', 'reported')),
  ...REFUSED_STREAM.map(errorAck('stream refused', 'reported')),
  {
    name: 'acknowledgements 3 s late',
    goal: 'nothing lost',
    strikes: injected,
    arrange: ({ front }) => {
      front.ackRule = () => ({ lateMs: 3_000 });
    },
  },
  {
    name: 'no acknowledgements for 5 s',
    goal: 'nothing lost',
    strikes: injected,
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
    strikes: injected,
    remark:
      'each is lost once. One that is lost each time its fragment is sent is what the row "received, and never acknowledged as persisted" has: nothing tells the two apart, so a fragment that was received is sent once more, and then the stream ends with an error though it is stored.',
    arrange: ({ front }) => {
      front.ackRule = twoOfFiveLost();
    },
  },
  {
    name: 'no acknowledgement at all',
    goal: 'reported',
    strikes: injected,
    properties: 'stop-stream-timeout=8',
    arrange: ({ front }) => {
      front.ackRule = () => 'lose';
    },
  },
  {
    name: 'received, and never acknowledged as persisted',
    goal: 'reported',
    strikes: injected,
    properties: 'stop-stream-timeout=8',
    arrange: ({ front }) => {
      front.ackRule = losePersisted;
    },
  },
];
