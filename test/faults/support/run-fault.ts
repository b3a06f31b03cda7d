import { setTimeout as pause } from 'node:timers/promises';
import type { Fault, Mode } from './fault.ts';
import { Stage } from './stage.ts';
import { type Count, countStored, fragmentFiles } from './stored.ts';

/** What one fault did to one pipeline. */
export type Outcome = Count & {
  /** From the moment when all was well again until a fragment was stored. */
  readonly recoveredS: number | undefined;
  /** From the moment when it went wrong until kvssink said so on the bus. */
  readonly reportedS: number | undefined;
  readonly exitCode: number | null;
  /** What the pipeline printed. */
  readonly output: string;
};

/** A run of the matrix. */
export type Run = { readonly fault: Fault; readonly mode: Mode; readonly outcome: Outcome };

const LOOK_MS = 50;
/** So many fragments are stored before anything goes wrong, and then it is the middle of one. */
const FRAGMENTS_BEFORE = 4;
const HALF_FRAGMENT_MS = 250;

/** Resolves when the stream is well under way, or has ended. */
async function underWay(stage: Stage, ended: Promise<unknown>): Promise<void> {
  let hasEnded = false;
  void ended.then(() => {
    hasEnded = true;
  });
  while (!hasEnded && fragmentFiles(stage.dataDir).length < FRAGMENTS_BEFORE) await pause(LOOK_MS);
  await pause(HALF_FRAGMENT_MS);
}

function inSeconds(ms: number): number {
  return Math.round(ms / 100) / 10;
}

/** Runs one pipeline through one fault to its end, and counts what the service has. */
export async function runFault(fault: Fault, mode: Mode): Promise<Outcome> {
  await using stage = await Stage.make(fault);
  const isFromStart = fault.from === 'start';
  if (isFromStart) await fault.strike?.(stage);
  const pipeline = stage.startPipeline(mode);
  if (!isFromStart) await underWay(stage, pipeline.finished);
  const struckMs = Date.now();
  if (!isFromStart) await fault.strike?.(stage);
  if (fault.mend !== undefined) {
    await pause(fault.lastsMs ?? 0);
    await fault.mend(stage);
  }
  const mendedMs = Date.now();
  const exitCode = await pipeline.finished;
  const recovered = fragmentFiles(stage.dataDir).find(({ storedMs }) => storedMs > mendedMs);
  const reportedMs = pipeline.reportedMs(struckMs);
  return {
    ...countStored(stage.dataDir, stage.folder, stage.references),
    recoveredS: recovered && inSeconds(recovered.storedMs - mendedMs),
    reportedS: reportedMs && inSeconds(reportedMs - struckMs),
    exitCode,
    output: pipeline.output,
  };
}

/** What an outcome lacks; empty when the goal is met. */
export function shortcomings({ goal }: Fault, outcome: Outcome): string[] {
  const { sent, lost, reportedS, exitCode } = outcome;
  const isReported = reportedS !== undefined;
  const isToLoseNothing = goal === 'nothing lost';
  return [
    sent === 0 ? 'nothing was sent' : '',
    isToLoseNothing && lost > 0 ? `${lost} frames were lost` : '',
    isToLoseNothing && lost === 0 && exitCode !== 0 ? `the exit code is ${exitCode}` : '',
    !isReported && (lost > 0 || !isToLoseNothing) ? 'nothing was reported' : '',
    lost > 0 && exitCode === 0 ? 'the exit code is 0 though frames were lost' : '',
  ].filter((text) => text !== '');
}
