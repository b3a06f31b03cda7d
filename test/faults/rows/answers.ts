import type { Fault } from '../support/fault.ts';
import { CALLS, type Call } from '../support/front.ts';

function refuse(call: Call, status: number): NonNullable<Fault['strike']> {
  return ({ front, network }) => {
    front.refused.set(call, status);
    network.reset();
  };
}

const injected: Fault['strikes'] = ({ front }) => front.injected;

/** For three seconds; PutMedia in mid-stream, the others when they are called: at the start. */
function refusedForAWhile(call: Call, status: number): Fault {
  const from = call === 'PutMedia' ? 'stream' : 'start';
  return {
    name: `${status} from ${call} for 3 s`,
    goal: 'nothing lost',
    from,
    strikes: injected,
    strike: refuse(call, status),
    lastsMs: 3_000,
    mend: ({ front }) => front.refused.clear(),
  };
}

function refusedForever(call: Call, status: number): Fault {
  return {
    name: `${status} from ${call} from the start`,
    goal: 'reported',
    from: 'start',
    strikes: injected,
    properties: 'stop-stream-timeout=3',
    strike: refuse(call, status),
  };
}

const calls = Object.keys(CALLS) as Call[];

/** Calls that the service answers with an error. */
export const ANSWER_FAULTS: readonly Fault[] = calls.flatMap((call) => [
  refusedForAWhile(call, 429),
  refusedForAWhile(call, 500),
  refusedForever(call, 403),
]);
