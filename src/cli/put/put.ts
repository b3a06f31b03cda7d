import { type AwsAccess, createAwsAccess } from '../../aws/aws-access.ts';
import { KinesisVideoConsumer } from '../../consumer/consumer.ts';
import { KvsError } from '../../errors/kvs-error.ts';
import { openJsonLog } from '../../host/log/json-log.ts';
import { checkMetadata, type MatroskaTag } from '../../matroska/tags.ts';
import { systemClock } from '../../runtime/clock.ts';
import { type Logger, silentLogger } from '../../runtime/logger.ts';
import { redacting } from '../../runtime/redact.ts';
import { serviceSettings } from '../process/aws-options.ts';
import { counted } from '../process/counted.ts';
import { EXIT } from '../process/exit-codes.ts';
import { onInterrupt } from '../process/interrupts.ts';
import { logEnvironment } from '../process/log-options.ts';
import type { FileResult } from './file-result.ts';
import { jobsOf, runParallel, type StreamJob } from './jobs.ts';
import { openMedia } from './open-media.ts';
import { openInput, type PutInput } from './put-input.ts';
import type { PutOptions } from './put-options.ts';
import { Progress } from './put-progress.ts';
import { sendFile } from './send-file.ts';
import { fileLengthMs } from './times/file-length.ts';
import { needsLength, startOf } from './times/start-time.ts';
import { StoredMedia } from './upload/stored-media.ts';

/** The connection of a call must stand, and a control call be done, within so long. */
const CONTROL_TIMEOUT_MS = 10_000;

/** What all files of a run have in common. */
type Run = {
  readonly options: PutOptions;
  readonly access: AwsAccess;
  readonly log: Logger;
  readonly tags: readonly MatroskaTag[];
  readonly progress: Progress;
  readonly signal: AbortSignal;
};

/**
 * `kvs-launch put`: sends files, and resolves when all of them are persisted or given up.
 * @returns the exit code
 * @throws KvsError what stands in the way of all of them
 */
export async function put(files: readonly string[], options: PutOptions): Promise<number> {
  const tags = tagsOf(options.tag);
  const inputs: PutInput[] = [];
  for (const file of files) inputs.push(await openInput(file));
  const jobs = jobsOf(inputs, options.streamName);
  const log = redacting(openJsonLog(logEnvironment(options, process.env)) ?? silentLogger);
  const access = await openAccess(options, log);
  const progress = new Progress(inputs.length, totalOf(inputs), {
    isTerminal: process.stderr.isTTY === true,
    columns: () => process.stderr.columns ?? 80,
    write: (text) => process.stderr.write(text),
    monotonicMs: () => performance.now(),
  });
  const interruption = new AbortController();
  onInterrupt(() => {
    if (interruption.signal.aborted) process.exit(EXIT.interrupted);
    interruption.abort();
  });
  const run: Run = { options, access, log, tags, progress, signal: interruption.signal };
  let isWhole = true;
  const tasks = jobs.map((job) => async (): Promise<void> => {
    isWhole = (await putJob(job, run)) && isWhole;
  });
  try {
    await runParallel(tasks, options.parallel);
  } catch (error) {
    if (!interruption.signal.aborted) throw error;
    progress.line(
      'Interrupted. What is persisted stays so; the same command sends the rest of the files.',
    );
    return EXIT.interrupted;
  } finally {
    progress.clear();
    access.close();
  }
  return isWhole ? EXIT.ok : EXIT.error;
}

/** @returns false where something is not persisted */
async function putJob({ streamName, inputs }: StreamJob, run: Run): Promise<boolean> {
  const { options, progress, signal } = run;
  const consumer = new KinesisVideoConsumer({ streamName, ...serviceSettings(options) });
  const stored = options.resume ? new StoredMedia(consumer) : undefined;
  const close = (): void => consumer.close();
  let previousEndMs: number | undefined;
  let isWhole = true;
  // What it asks is not waited for.
  signal.addEventListener('abort', close, { once: true });
  try {
    for (const input of inputs) {
      const file = progress.begin(input.label, input.bytes);
      try {
        const result = await putFile(input, {
          ...run,
          streamName,
          stored,
          previousEndMs,
          onBytes: file.to,
        });
        file.end();
        report(input, streamName, result, progress);
        isWhole &&= result.losses.length === 0;
        previousEndMs = result.endMs ?? previousEndMs;
      } catch (error) {
        file.end();
        // What is wrong with one file is none of the others'.
        const isOfFile = error instanceof KvsError && error.failure === undefined;
        if (signal.aborted || !isOfFile) throw error;
        const advice = error.advice === '' ? '' : `\n${error.advice}`;
        progress.line(`ERROR: ${input.label}: ${error.message}${advice}`);
        isWhole = false;
      }
    }
  } finally {
    signal.removeEventListener('abort', close);
    close();
  }
  return isWhole;
}

type FileRun = Run & {
  readonly streamName: string;
  readonly stored: StoredMedia | undefined;
  readonly previousEndMs: number | undefined;
  readonly onBytes: (bytes: number) => void;
};

async function putFile(input: PutInput, run: FileRun): Promise<FileResult> {
  const { options, progress, streamName, previousEndMs, onBytes } = run;
  const { startTime, frameRate } = options;
  let lastProblem = '';
  const readMs = needsLength(startTime, { ...input, previousEndMs })
    ? await fileLengthMs(
        await openMedia(input, frameRate),
        ({ createdMs }) => startTime === 'auto' && createdMs !== undefined,
      )
    : undefined;
  return await sendFile(await openMedia(input, frameRate), {
    ...run,
    retentionHours: options.retention,
    movesAbsolute: startTime instanceof Date,
    startMs: ({ createdMs, durationMs = readMs }) =>
      startOf(startTime, { ...input, createdMs, durationMs, previousEndMs, nowMs: Date.now() }),
    onProgress: onBytes,
    onProblem: ({ message }) => {
      // Each try says the same.
      if (message !== lastProblem) progress.line(`${streamName}: ${message}`);
      lastProblem = message;
    },
  });
}

function report(
  { label }: PutInput,
  streamName: string,
  { frames, fragments, skipped, startMs, endMs, losses, notes }: FileResult,
  progress: Progress,
): void {
  const time = (ms: number | undefined): string => new Date(ms ?? 0).toISOString();
  const span = startMs === undefined ? '' : `, ${time(startMs)} to ${time(endMs)}`;
  const before = skipped === 0 ? '' : `, of which ${skipped} were there already`;
  for (const note of notes) progress.line(`${label}: ${note}`);
  for (const loss of losses) progress.line(`ERROR: ${label}: ${loss}`);
  progress.clear();
  process.stdout.write(
    `${label}: ${counted(frames, 'frame')} in ${counted(fragments, 'fragment')}${before} in stream ${streamName}${span}\n`,
  );
}

async function openAccess(options: PutOptions, log: Logger): Promise<AwsAccess> {
  return await createAwsAccess({
    ...serviceSettings(options),
    connectTimeoutMs: CONTROL_TIMEOUT_MS,
    completionTimeoutMs: CONTROL_TIMEOUT_MS,
    env: process.env,
    clock: systemClock,
    random: Math.random,
    log,
  });
}

/** @throws KvsError for names and values that KVS does not take */
function tagsOf(tags: Readonly<Record<string, string>>): MatroskaTag[] {
  const list = Object.entries(tags).map(([name, value]) => ({ name, value }));
  for (const tag of list) checkMetadata(tag);
  if (list.length > 10) {
    throw new KvsError('STATUS_INVALID_ARG', `${list.length} tags; a fragment may have ten`);
  }
  return list;
}

/** Undefined where one of them does not say. */
function totalOf(inputs: readonly PutInput[]): number | undefined {
  let total = 0;
  for (const { bytes } of inputs) {
    if (bytes === undefined) return undefined;
    total += bytes;
  }
  return total;
}
