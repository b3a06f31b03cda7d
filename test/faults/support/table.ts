import type { Fault } from './fault.ts';
import { type Run, shortcomings } from './run-fault.ts';

/** A row that could not be run here. */
export type Skipped = { readonly fault: Fault; readonly reason: string };

const HEAD = [
  ...['fault', 'mode', 'sent', 'stored once', 'stored twice', 'lost', 'recovered after'],
  ...['reported after', 'exit code', 'goal'],
];

function seconds(value: number | undefined): string {
  return value === undefined ? '–' : `${value.toFixed(1)} s`;
}

function row(cells: readonly (string | number)[]): string {
  return `| ${cells.join(' | ')} |`;
}

function rowOf({ fault, mode, outcome }: Run): string {
  const { sent, storedOnce, storedTwice, lost, recoveredS, reportedS, exitCode } = outcome;
  const failures = shortcomings(fault, outcome);
  return row([
    ...[fault.name, mode, sent, storedOnce, storedTwice, lost, seconds(recoveredS)],
    ...[
      seconds(reportedS),
      exitCode ?? 'killed',
      failures.length === 0 ? 'met' : failures.join('; '),
    ],
  ]);
}

const INTRODUCTION = `# Faults

What becomes of a pipeline's frames when something goes wrong. \`npm run faults -- --write\` runs it and writes this page:
for each row a real \`gst-launch-1.0\` with x264enc sends 10 s of video at 800 kbit/s (mode \`audio+video\`: and sound) to
the local service, the fault begins when four fragments are stored or, where the row says so, at the start, and ffprobe
compares what is stored with what the source gave. \`offline\` is \`streaming-type=offline\` at the speed of a camera.

- Sent, stored and lost count frames. Stored twice is what was sent again because its acknowledgement did not come.
- Recovered after: from the end of the fault until a whole fragment is stored, of which there is one a second.
- Reported after: from the fault's beginning until kvssink's first warning or error on the bus.
- Goal: nothing is lost, or, where nothing could be delivered any more, the loss is reported and the exit code is not 0.

`;

/** The page with the matrix. */
export function pageOf(runs: readonly Run[], skipped: readonly Skipped[]): string {
  return `${INTRODUCTION}${tableOf(runs, skipped)}`;
}

/** The matrix in Markdown. */
export function tableOf(runs: readonly Run[], skipped: readonly Skipped[]): string {
  const lines = [row(HEAD), row(HEAD.map(() => '---')), ...runs.map(rowOf)];
  if (skipped.length === 0) return `${lines.join('\n')}\n`;
  const left = skipped.map(({ fault, reason }) => `- ${fault.name}: ${reason}`);
  return `${[...lines, '', 'Not run on this machine:', '', ...left].join('\n')}\n`;
}
