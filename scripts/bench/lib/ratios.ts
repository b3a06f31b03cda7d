import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../../src/runtime/package-root.ts';
import { printTable, short } from './statistics.ts';

/** One of our figures, divided by that of a yardstick in the same run: 1 is as good as that. */
export type Ratio = { readonly name: string; readonly value: number };

/** What a ratio was, and how far one run may be from it. */
type Committed = {
  readonly value: number;
  /** The share by which it may be exceeded: what runs of the same code differ by. */
  readonly band: number;
};

/** Ratios vary by so much from one run to the next, unless the file says otherwise. */
const DEFAULT_BAND = 0.3;
const FILE = join(packageRoot, 'scripts', 'bench', 'ratios.json');

function readCommitted(): Record<string, Committed> {
  return JSON.parse(readFileSync(FILE, 'utf8'));
}

/**
 * Prints the ratios beside the committed ones.
 * @returns whether none of them is worse than its band allows
 */
export function checkRatios(measured: readonly Ratio[]): boolean {
  const committed = readCommitted();
  const rows = measured.map(({ name, value }) => {
    const known = committed[name];
    const limit = known === undefined ? Number.NaN : known.value * (1 + known.band);
    const verdict = known === undefined ? 'new' : value <= limit ? 'ok' : 'WORSE';
    return { name, value, known, limit, verdict };
  });
  printTable(
    ['', 'now', 'committed', 'at most', ''],
    rows.map(({ name, value, known, limit, verdict }) => [
      name,
      short(value),
      short(known?.value ?? Number.NaN),
      short(limit),
      verdict,
    ]),
  );
  return rows.every(({ verdict }) => verdict !== 'WORSE');
}

/** Makes these the committed ones; those of other parts stay, and so do the bands. */
export function saveRatios(measured: readonly Ratio[]): void {
  const committed = readCommitted();
  for (const { name, value } of measured) {
    const band = committed[name]?.band ?? DEFAULT_BAND;
    committed[name] = { value: Number(value.toPrecision(3)), band };
  }
  const sorted = Object.fromEntries(Object.entries(committed).sort());
  writeFileSync(FILE, `${JSON.stringify(sorted, undefined, 2)}\n`);
}
