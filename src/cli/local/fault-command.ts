import { Argument, type Command, Option } from 'commander';
import type { FaultField } from '../../local/faults/fault-table.ts';
import { FAULT_KINDS, faultRow } from '../../local/faults/parse-fault.ts';
import { guarded } from '../process/guarded.ts';
import type { FaultArguments } from './request-fault.ts';

/** Everything that `kvs-launch local fault` takes as its first word. */
const WHAT = ['list', 'remove', 'clear', ...FAULT_KINDS];

const DEFAULT_URL = 'http://127.0.0.1:8787';

/** `kvs-launch local fault`: what a running service does wrong. */
export function addFaultCommand(local: Command): void {
  const command = local
    .command('fault')
    .description('make a running local service do something wrong, for tests')
    .addArgument(
      new Argument('<what>', `a fault, or list, remove or clear: ${FAULT_KINDS.join(', ')}`),
    )
    .argument('[id]', 'of the fault to remove')
    .addOption(
      new Option('--url <address>', 'of the service').env('CONTROL_PLANE_URI').default(DEFAULT_URL),
    )
    .option('--json', 'print JSON');
  for (const option of faultOptions()) command.addOption(option);
  command.addHelpText('after', kindsInWords);
  command.action(async (what: string, id: string | undefined, options: FaultArguments) => {
    const { requestFault } = await import('./request-fault.ts');
    process.exitCode = await guarded(() => requestFault(what, id, options, WHAT));
  });
}

/** An option for each field of any kind, in the order of the table. */
function faultOptions(): Option[] {
  const texts = new Map<string, Map<string, string[]>>();
  for (const kind of FAULT_KINDS) {
    for (const [name, { text }] of Object.entries(faultRow(kind).fields)) {
      const known = texts.get(name) ?? new Map<string, string[]>();
      texts.set(name, known.set(text, [...(known.get(text) ?? []), kind]));
    }
  }
  return [...texts].map(([name, byText]) => {
    const isForAll = [...byText.values()].flat().length === FAULT_KINDS.length;
    const parts = [...byText].map(([text, kinds]) => `${kinds.join(', ')}: ${text}`);
    const text = isForAll && byText.size === 1 ? [...byText.keys()][0] : parts.join('; ');
    return new Option(`--${kebab(name)} <${valueName(name)}>`, text);
  });
}

function kindsInWords(): string {
  const width = Math.max(...FAULT_KINDS.map((kind) => kind.length));
  const lines = FAULT_KINDS.map((kind) => {
    const { text, fields } = faultRow(kind);
    const needed = Object.entries(fields).filter(([, field]: [string, FaultField]) => {
      return field.isRequired === true;
    });
    const needs = needed.map(([name]) => ` --${kebab(name)}`).join('');
    return `  ${kind.padEnd(width)}  ${text}${needs === '' ? '' : `; needs${needs}`}`;
  });
  return `\nFaults:\n${lines.join('\n')}\n`;
}

function valueName(name: string): string {
  if (name.endsWith('Ms')) return 'milliseconds';
  if (name.endsWith('S')) return 'seconds';
  const types = FAULT_KINDS.flatMap((kind) => faultRow(kind).fields[name]?.type ?? []);
  return types.includes('integer') ? 'number' : 'value';
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
