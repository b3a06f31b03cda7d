import { KvsError } from '../../errors/kvs-error.ts';
import { FAULT_KINDS, faultRow } from '../../local/faults/parse-fault.ts';
import { EXIT } from '../process/exit-codes.ts';
import { type Column, printJson, tableOf } from '../process/table.ts';
import { nearest } from '../table/nearest.ts';

/** Options of `kvs-launch local fault`: its own, and the fields of any fault as text. */
export type FaultArguments = {
  readonly url: string;
  readonly json?: boolean;
  readonly [field: string]: string | boolean | undefined;
};

type Report = Readonly<Record<string, unknown>>;

const COLUMNS: readonly Column[] = [
  { heading: 'ID' },
  { heading: 'FAULT' },
  { heading: 'STATE' },
  { heading: 'STRIKES', align: 'right' },
  { heading: 'SETTINGS' },
];

/**
 * Asks a running service to inject, list or remove faults.
 * @param known words that `what` may be.
 * @returns the exit code.
 * @throws KvsError when the service cannot be reached, or refuses.
 */
export async function requestFault(
  what: string,
  id: string | undefined,
  options: FaultArguments,
  known: readonly string[],
): Promise<number> {
  if (!known.includes(what)) {
    const meant = nearest(what, known);
    throw new KvsError('STATUS_INVALID_ARG', `There is no fault "${what}"`, {
      advice: meant === undefined ? `There are: ${known.join(', ')}.` : `Did you mean: ${meant}`,
    });
  }
  if ((what === 'remove') !== (id !== undefined)) {
    const message =
      id === undefined
        ? 'The command remove needs the id of a fault'
        : `There is nothing to do with "${id}"`;
    throw new KvsError('STATUS_INVALID_ARG', message, {
      advice: 'local fault list prints the ids.',
    });
  }
  if (what === 'list') {
    const { faults } = await ask(options.url, 'GET', '');
    print(options, faults as readonly Report[]);
  } else if (what === 'clear') {
    await ask(options.url, 'DELETE', '');
  } else if (what === 'remove') {
    print(options, [await ask(options.url, 'DELETE', `/${encodeURIComponent(id ?? '')}`)]);
  } else {
    print(options, [await ask(options.url, 'POST', '', faultFrom(what, options))]);
  }
  return EXIT.ok;
}

/** The fault that the options describe; the service says what is wrong with it. */
function faultFrom(kind: string, options: FaultArguments): Report {
  const names = new Set(FAULT_KINDS.flatMap((each) => Object.keys(faultRow(each).fields)));
  const given = Object.entries(options).filter(([name]) => names.has(name));
  return Object.fromEntries([['kind', kind], ...given.map(([name, text]) => [name, value(text)])]);
}

function value(text: string | boolean | undefined): string | number | boolean | undefined {
  return typeof text === 'string' && /^-?\d+$/.test(text) ? Number(text) : text;
}

async function ask(url: string, method: string, path: string, body?: Report): Promise<Report> {
  const target = new URL(`/api/faults${path}`, url);
  const response = await fetch(target, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  }).catch((cause: unknown) => {
    throw new KvsError('STATUS_INVALID_ARG', `No local service answers at ${target.origin}`, {
      advice: 'Start it with kvs-launch local, or name its address with --url.',
      cause,
    });
  });
  const answer = (await response.json()) as Report;
  if (response.ok) return answer;
  throw new KvsError('STATUS_INVALID_ARG', String(answer['message'] ?? answer['Message']), {
    advice: 'kvs-launch local fault --help explains the faults.',
  });
}

function print({ json }: FaultArguments, faults: readonly Report[]): void {
  if (json === true) printJson(faults);
  else if (faults.length === 0) process.stderr.write('There is no fault.\n');
  else process.stdout.write(tableOf(COLUMNS, faults.map(rowOf)));
}

function rowOf({ id, kind, state, strikes, ...settings }: Report): string[] {
  const words = Object.entries(settings).map(([name, text]) => `${name}=${text}`);
  return [String(id), String(kind), String(state), String(strikes), words.join(' ')];
}
