import { join } from 'node:path';
import { packageRoot } from '../../../src/runtime/package-root.ts';
import { type Fault, MODES, type Mode } from './fault.ts';
import { inWords, judge, type Run } from './run-fault.ts';

/** A row that could not be run here. */
export type Skipped = { readonly fault: Fault; readonly reason: string };

/** Where the page is. */
export const PAGE = join(packageRoot, 'docs', '6-maintain', 'faults.md');

const MAX_COLUMNS = 120;

const HEAD = [
  ...['fault', 'mode', 'sent', 'stored once', 'stored twice', 'in the spool', 'lost'],
  ...['recovered after', 'reported after', 'exit code', 'goal'],
];

function seconds(value: number | undefined): string {
  return value === undefined ? '–' : `${value.toFixed(1)} s`;
}

function row(cells: readonly (string | number)[]): string {
  return `| ${cells.join(' | ')} |`;
}

function rowOf({ fault, mode, outcome }: Run): string {
  const { sent, storedOnce, storedTwice, spooled, lost, recoveredS, reportedS } = outcome;
  return row([
    ...[fault.name, mode, sent, storedOnce, storedTwice, spooled, lost, seconds(recoveredS)],
    ...[seconds(reportedS), outcome.exitCode ?? 'killed', inWords(judge(fault, outcome))],
  ]);
}

const INTRODUCTION = `# Faults

What becomes of a pipeline's frames when something goes wrong. \`npm run faults -- --write\` runs it and writes this page,
with \`--only\` and \`--mode\` some of its rows (\`test/faults/results.json\` keeps the others): for each row a real
\`gst-launch-1.0\` with x264enc sends 10 s of video at 800 kbit/s to the local service, the fault begins when four
fragments are stored or, where the row says so, at the start, and ffprobe compares what is stored with what the source
gave.

| mode | |
| --- | --- |
| \`live\` | video of a live source |
| \`offline\` | \`streaming-type=offline\` at the speed of a camera |
| \`audio+video\` | sound beside the video |
| \`back-fill\` | \`spool-policy=live-first\`; an earlier run has left 5 s in the spool, of which some is still to be sent when the fault begins |

- Sent, stored and lost count frames, of both runs where there are two. Stored twice is what was sent again because its
  acknowledgement did not come. In the spool is what waits for the next start, which is no loss.
- Recovered after: from the end of the fault until a whole fragment is stored, of which there is one a second.
- Reported after: from the fault's beginning until kvssink's first warning or error on the bus.
- Each fault is counted where it is injected: one that never reached the pipeline shows nothing, and says so in the last
  column (\`did not strike\`).
- Goal: nothing is lost, or, where nothing could be delivered any more, the loss is reported and the exit code is not 0.

`;

/** The page with the matrix. */
export function pageOf(
  faults: readonly Fault[],
  runs: readonly Run[],
  skipped: readonly Skipped[],
): string {
  const remarks = faults.flatMap(({ name, remark }) =>
    remark === undefined ? [] : [`- ${name}: ${remark}`],
  );
  const left = MODES.map((mode) => leftOut(mode, faults, runs, skipped)).filter((text) => text);
  const sections = [list('Remarks', remarks), list('Not met', runs.flatMap(missed))];
  return `${INTRODUCTION}${tableOf(runs, skipped)}${[...sections, list('Not run yet', left)].join('')}`;
}

function list(heading: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : `\n## ${heading}\n\n${lines.map(wrapped).join('\n')}\n`;
}

/** An item of a list, in lines as short as those of every page. */
function wrapped(item: string): string {
  const [first = '', ...words] = item.split(' ');
  const lines = [first];
  for (const word of words) {
    const longer = `${lines.at(-1)} ${word}`;
    if (longer.length <= MAX_COLUMNS) lines[lines.length - 1] = longer;
    else lines.push(`  ${word}`);
  }
  return lines.join('\n');
}

function missed({ fault, mode, outcome }: Run): string[] {
  const verdict = judge(fault, outcome);
  return verdict.is === 'met' ? [] : [`- ${fault.name}, ${mode}: ${inWords(verdict)}`];
}

/** The rows of a mode that could have been run and were not. */
function leftOut(
  mode: Mode,
  faults: readonly Fault[],
  runs: readonly Run[],
  skipped: readonly Skipped[],
): string {
  const ran = runs.filter((run) => run.mode === mode).map(({ fault }) => fault);
  const cannot = skipped.map(({ fault }) => fault);
  const rest = faults.filter((fault) => !ran.includes(fault) && !cannot.includes(fault));
  if (rest.length === 0) return '';
  const names = ran.length === 0 ? 'everything' : rest.map(({ name }) => name).join('; ');
  return `- ${mode}: ${names}`;
}

/** The matrix in Markdown. */
export function tableOf(runs: readonly Run[], skipped: readonly Skipped[]): string {
  const lines = [row(HEAD), row(HEAD.map(() => '---')), ...runs.map(rowOf)];
  if (skipped.length === 0) return `${lines.join('\n')}\n`;
  const left = skipped.map(({ fault, reason }) => `- ${fault.name}: ${reason}`);
  return `${[...lines, '', 'Not run on this machine:', '', ...left].join('\n')}\n`;
}
