// The matrix of faults. scripts/faults.mjs has the options.
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { FAULTS } from './rows/index.ts';
import { type Fault, MODES, type Mode } from './support/fault.ts';
import { merged, readResults, writeResults } from './support/results.ts';
import { inWords, judge, type Run, runFault } from './support/run-fault.ts';
import { PAGE, pageOf, type Skipped, tableOf } from './support/table.ts';

/** A pipeline waits more than it works. */
const PER_CORE = 2;

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: [] },
    mode: { type: 'string', multiple: true, default: [] },
    jobs: { type: 'string', default: String(PER_CORE * availableParallelism()) },
    json: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
  },
});

function isWanted(name: string, words: readonly string[]): boolean {
  return (
    words.length === 0 || words.some((word) => name.toLowerCase().includes(word.toLowerCase()))
  );
}
const faults = FAULTS.filter(({ name }) => isWanted(name, values.only));
const modes = MODES.filter((mode) => isWanted(mode, values.mode));

const skipped: Skipped[] = [];
const waiting: { fault: Fault; mode: Mode; place: number }[] = [];
for (const fault of faults) {
  const reason = fault.missing?.();
  if (reason !== undefined) skipped.push({ fault, reason });
  else for (const mode of modes) waiting.push({ fault, mode, place: waiting.length });
}

const runs: Run[] = [];
const failures: string[] = [];
const totals = new Map<string, number>();
async function work(): Promise<void> {
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const { fault, mode, place } = next;
    const outcome = await runFault(fault, mode);
    runs[place] = { fault, mode, outcome };
    const verdict = judge(fault, outcome);
    const line = `${fault.name}, ${mode}: ${inWords(verdict)}`;
    if (verdict.is !== 'met') failures.push(line);
    const total = `${mode}: ${verdict.is}`;
    totals.set(total, (totals.get(total) ?? 0) + 1);
    process.stderr.write(`${line}\n`);
    if (values.verbose) process.stderr.write(`${outcome.output}\n`);
  }
}

const startedMs = Date.now();
await Promise.all(Array.from({ length: Number(values.jobs) }, work));
process.stderr.write(`${runs.length} runs in ${Math.round((Date.now() - startedMs) / 1000)} s\n`);
if (values.json) {
  const flat = runs.map(({ fault, mode, outcome }) => ({ fault: fault.name, mode, ...outcome }));
  process.stdout.write(`${JSON.stringify(flat, undefined, 2)}\n`);
} else {
  process.stdout.write(tableOf(runs, skipped));
}
if (values.write) {
  const all = merged(readResults(), { runs, skipped });
  writeResults(all);
  writeFileSync(PAGE, pageOf(FAULTS, all.runs, all.skipped));
}
for (const [total, count] of totals) process.stderr.write(`${total} ${count}\n`);
process.stderr.write(`skipped: ${skipped.length} faults\n`);
for (const failure of failures) process.stderr.write(`not met: ${failure}\n`);
process.exitCode = failures.length === 0 ? 0 : 1;
