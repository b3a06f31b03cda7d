import { styleText } from 'node:util';
import type { Finding, Status } from './finding.ts';
import { pageOf } from './symptoms.ts';

const COLOURS = { ok: 'green', warning: 'yellow', problem: 'red', skipped: 'gray' } as const;

/** A finding as lines for people; what is well has one line. */
export function findingText(finding: Finding, isColoured: boolean): string {
  const { check, status, text, remedy, symptom } = finding;
  const word = status.padEnd(8);
  const coloured = isColoured ? styleText(COLOURS[status], word) : word;
  const lines = [`${coloured} ${check}: ${text}`];
  if (remedy !== undefined) lines.push(...remedy.split('\n').map((line) => `${INDENT}→ ${line}`));
  if (status === 'problem' || status === 'warning') lines.push(`${INDENT}  ${pageOf(symptom)}`);
  return lines.join('\n');
}

const INDENT = ' '.repeat(9);

/** A finding as scripts read it. */
export function findingRecord({ symptom, ...finding }: Finding): Record<string, string> {
  return { ...finding, page: pageOf(symptom) };
}

/** The last line: how many of each. */
export function summaryText(findings: readonly Finding[]): string {
  const count = (status: Status) => findings.filter((finding) => finding.status === status).length;
  const parts = [plural(count('problem'), 'problem'), plural(count('warning'), 'warning')];
  return `${parts.join(', ')}, ${count('skipped')} skipped, ${count('ok')} ok.`;
}

function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}
