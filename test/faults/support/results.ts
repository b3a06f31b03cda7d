import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../../src/runtime/package-root.ts';
import { FAULTS } from '../rows/index.ts';
import { MODES, type Mode } from './fault.ts';
import type { Outcome, Run } from './run-fault.ts';
import type { Skipped } from './table.ts';

/** What the page is made from: the latest run of each row in each mode. */
export type Results = { readonly runs: readonly Run[]; readonly skipped: readonly Skipped[] };

/** A run as the file has it, without what the pipeline printed. */
type Line = Omit<Outcome, 'output'> & { readonly fault: string; readonly mode: Mode };
type File = {
  readonly runs: readonly Line[];
  readonly skipped: readonly { readonly fault: string; readonly reason: string }[];
};

const PATH = join(packageRoot, 'test', 'faults', 'results.json');

function faultNamed(name: string): Run['fault'][] {
  return FAULTS.filter((fault) => fault.name === name);
}

/** Those of earlier runs. A row that is no longer there is left out. */
export function readResults(): Results {
  if (!existsSync(PATH)) return { runs: [], skipped: [] };
  const { runs, skipped } = JSON.parse(readFileSync(PATH, 'utf8')) as File;
  return {
    runs: runs.flatMap(({ fault: name, mode, ...rest }) =>
      faultNamed(name).map((fault) => ({ fault, mode, outcome: { ...rest, output: '' } })),
    ),
    skipped: skipped.flatMap(({ fault: name, reason }) =>
      faultNamed(name).map((fault) => ({ fault, reason })),
    ),
  };
}

/** Puts later results in the place of earlier ones of the same rows; in the order of the rows. */
export function merged(earlier: Results, later: Results): Results {
  const newest = (fault: Run['fault'], mode: Mode): Run[] =>
    [...earlier.runs, ...later.runs]
      .filter((run) => run.fault === fault && run.mode === mode)
      .slice(-1);
  const runs = MODES.flatMap((mode) => FAULTS.flatMap((fault) => newest(fault, mode)));
  const skipped = FAULTS.flatMap((fault) =>
    [...earlier.skipped, ...later.skipped].filter((one) => one.fault === fault).slice(-1),
  );
  return {
    runs,
    skipped: skipped.filter(({ fault }) => runs.every((run) => run.fault !== fault)),
  };
}

/** One run a line, so that a change of the file shows what changed. */
export function writeResults({ runs, skipped }: Results): void {
  const lines = (all: readonly object[]): string =>
    all.map((one) => `    ${JSON.stringify(one)}`).join(',\n');
  const ran = runs.map(({ fault, mode, outcome: { output: _output, ...outcome } }) => ({
    ...{ fault: fault.name, mode },
    ...outcome,
  }));
  const left = skipped.map(({ fault, reason }) => ({ fault: fault.name, reason }));
  writeFileSync(
    PATH,
    `{\n  "runs": [\n${lines(ran)}\n  ],\n  "skipped": [\n${lines(left)}\n  ]\n}\n`,
  );
}
