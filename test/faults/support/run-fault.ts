import { setTimeout as pause } from 'node:timers/promises';
import { hasBacklog } from './backlog.ts';
import type { Fault, Mode } from './fault.ts';
import { Stage } from './stage.ts';
import { type Count, countStored, fragmentFiles } from './stored.ts';

/** What one fault did to one pipeline. */
export type Outcome = Count & {
  /** How often the fault reached the pipeline; in mode `back-fill`, while that was under way. */
  readonly strikes: number;
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

/** Resolves when something is so, or the pipeline has ended. */
async function until(isSo: () => boolean, ended: Promise<unknown>): Promise<void> {
  let hasEnded = false;
  void ended.then(() => {
    hasEnded = true;
  });
  while (!hasEnded && !isSo()) await pause(LOOK_MS);
}

/** Resolves when the stream is well under way. */
async function underWay({ dataDir }: Stage, ended: Promise<unknown>): Promise<void> {
  await until(() => fragmentFiles(dataDir).length >= FRAGMENTS_BEFORE, ended);
  await pause(HALF_FRAGMENT_MS);
}

function inSeconds(ms: number): number {
  return Math.round(ms / 100) / 10;
}

/** Runs one pipeline through one fault to its end, and counts what the service has. */
export async function runFault(fault: Fault, mode: Mode): Promise<Outcome> {
  await using stage = await Stage.make(fault, mode);
  const isFromStart = fault.from === 'start';
  if (isFromStart) await fault.strike?.(stage);
  const pipeline = stage.startPipeline();
  const startedMs = Date.now();
  if (!isFromStart && fault.strike !== undefined) await underWay(stage, pipeline.finished);
  const beganMs = Date.now();
  stage.sessionsAtStrike = stage.front.openSessions;
  const isInTime = mode !== 'back-fill' || hasBacklog(stage.spool);
  if (!isFromStart) await fault.strike?.(stage);
  if (fault.mend !== undefined) {
    // A pipeline may take longer to start than the fault lasts.
    await until(() => fault.strikes(stage) > 0, pipeline.finished);
    await pause(fault.lastsMs ?? 0);
    await fault.mend(stage);
  }
  const endedMs = Date.now();
  const exitCode = await pipeline.finished;
  // What was arranged before strikes by itself.
  const isArranged = fault.strike === undefined;
  const struckMs = isArranged ? (stage.front.injectedMs ?? startedMs) : beganMs;
  const mendedMs = isArranged ? struckMs : endedMs;
  const recovered = fragmentFiles(stage.dataDir).find(({ storedMs }) => storedMs > mendedMs);
  const reportedMs = pipeline.reportedMs(struckMs);
  return {
    ...(await countStored(stage)),
    strikes: isInTime ? fault.strikes(stage) : 0,
    recoveredS: recovered && inSeconds(recovered.storedMs - mendedMs),
    reportedS: reportedMs && inSeconds(reportedMs - struckMs),
    exitCode,
    output: pipeline.output,
  };
}

/** What a run has shown. One in which nothing went wrong has shown nothing. */
export type Verdict =
  | { readonly is: 'met' | 'did not strike' }
  | { readonly is: 'missed'; readonly lacks: readonly string[] };

/** Whether the goal was met. */
export function judge(fault: Pick<Fault, 'goal'>, outcome: Outcome): Verdict {
  if (outcome.strikes === 0) return { is: 'did not strike' };
  const lacks = shortcomings(fault, outcome);
  return lacks.length === 0 ? { is: 'met' } : { is: 'missed', lacks };
}

/** A verdict in words. */
export function inWords(verdict: Verdict): string {
  return verdict.is === 'missed' ? verdict.lacks.join('; ') : verdict.is;
}

function shortcomings({ goal }: Pick<Fault, 'goal'>, outcome: Outcome): string[] {
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
