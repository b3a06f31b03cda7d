import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { machineMonotonicMs, readHealthRecord } from '../../host/health/health-record.ts';
import { openJsonLog } from '../../host/log/json-log.ts';
import { systemClock } from '../../runtime/clock.ts';
import { onInterrupt } from '../process/interrupts.ts';
import { RTSP_HELP, type RtspOptions, readRtspOptions } from './rtsp-options.ts';
import { rtspPipeline } from './rtsp-pipeline.ts';
import { startSupervisedRun } from './supervised-run.ts';
import { Supervisor } from './supervisor.ts';
import { nextTracks, type Tracks } from './track-choice.ts';

/** Runs a pipeline in this process until it ends. @returns the exit code. */
export type RunPipeline = (pipeline: string[]) => Promise<number>;

/**
 * `kvs-launch rtsp`: streams a network camera, reconnecting without limit.
 * @returns the exit code.
 * @throws KvsError STATUS_INVALID_ARG for arguments that make no sense.
 */
export async function rtsp(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  runPipeline: RunPipeline,
): Promise<number> {
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(RTSP_HELP);
    return 0;
  }
  const options = readRtspOptions(args, env);
  return options.once ? runPipeline(rtspPipeline(options)) : supervise(args, env, options);
}

/** A board may take a minute to list its plugins; what takes longer to open the stream, hangs. */
const START_LIMIT_MS = 300_000;
/** What an attempt may take to end, beside sending what it has. */
const ENDING_MS = 10_000;

async function supervise(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  options: RtspOptions,
): Promise<number> {
  // The host writes into this file when frames come: that is how a stalled camera is noticed.
  const given = env['KVS_HEALTH_FILE'];
  const folder = given ? undefined : mkdtempSync(join(tmpdir(), 'kvs-launch-rtsp-'));
  const healthFile = given || join(folder ?? '', 'health.json');
  // The address may hold a password, so it travels in the environment and not in the arguments.
  const address = args.find((argument) => /^rtsps?:/i.test(argument)) ?? env['RTSP_URL'];
  const left = new Set([address, '--audio']);
  const childArgs = ['rtsp', '--once', ...args.filter((argument) => !left.has(argument))];
  const childEnv = { ...env, RTSP_URL: address, KVS_HEALTH_FILE: healthFile };

  const jsonLog = openJsonLog(env);
  let startedMs = 0;
  const lastFrameMs = (): number =>
    readHealthRecord(healthFile)?.streams[options.streamName]?.frameMs ?? 0;
  let tracks: Tracks | undefined;
  const supervisor = new Supervisor({
    clock: systemClock,
    random: Math.random,
    log: (line) => process.stderr.write(`kvs-launch rtsp: ${line}\n`),
    debug: (line) => jsonLog?.debug(line),
    start: (exitCode) => {
      const before = tracks && exitCode !== undefined ? { tracks, exitCode } : undefined;
      tracks = nextTracks(options, before);
      startedMs = machineMonotonicMs();
      const { codec, audio } = tracks;
      const choice = ['--codec', codec, ...(audio ? ['--audio'] : [])];
      return startSupervisedRun([...childArgs, ...choice], childEnv);
    },
    isStalled: () => {
      const frameMs = lastFrameMs();
      // An older one is of the attempt before. Opening the stream counts as a frame.
      const isOpen = frameMs >= startedMs;
      return isOpen
        ? machineMonotonicMs() - frameMs > options.stallMs
        : machineMonotonicMs() - startedMs > START_LIMIT_MS;
    },
    graceMs: options.stopTimeoutMs + ENDING_MS,
  });

  // The clock's timers do not keep a process alive, and between two attempts nothing else does.
  const alive = setInterval(() => {}, 2 ** 30);
  onInterrupt(() => supervisor.stop());
  try {
    return await supervisor.run();
  } finally {
    clearInterval(alive);
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  }
}
