import { KvsError } from '../../errors/kvs-error.ts';
import { type ElementSettings, readSettings } from '../../host/settings/element-settings.ts';
import { credentialsFor } from '../../host/stream/open-stream.ts';
import { type PackageIndex, readAptLists } from '../launch/apt-lists.ts';
import { type AwsOptions, serviceSettings } from '../process/aws-options.ts';
import { EXIT } from '../process/exit-codes.ts';
import type { ProgramResult } from '../process/run-program.ts';
import { about, type Check, type Finding } from './findings/finding.ts';
import { findingRecord, findingText, summaryText } from './findings/print.ts';
import { runChecks } from './findings/run-checks.ts';
import { deviceChecks } from './machine/device-checks.ts';
import { type AptLists, gstreamerChecks, inspectVersion } from './machine/gstreamer-checks.ts';
import {
  availableBytes,
  memoryFinding,
  nodeFinding,
  spoolFinding,
} from './machine/resource-checks.ts';
import { failureFinding, PLAY_IT, trackFindings } from './probe/pipeline-findings.ts';
import { type Probe, startProbe } from './probe/start-probe.ts';
import { serviceChecks } from './service/service-checks.ts';
import { type ServiceTarget, serviceWay } from './service/service-target.ts';
import { uploadCheck } from './service/upload-check.ts';

/** Options of `kvs-launch doctor`. */
export type DoctorOptions = AwsOptions & {
  readonly streamName?: string;
  readonly send?: boolean;
  /** Seconds. */
  readonly duration: number;
  readonly json?: boolean;
  /** Milliseconds; this process is the one that plays the pipeline. */
  readonly probe?: number;
};

/** A check that takes longer has shown what it is about. */
const CHECK_MS = 14_000;

/** The probe has a time-out of its own, and apt's lists may be wanted behind it. */
const PROBE_MS = 45_000;

const PIPELINE = about('pipeline', 'no-frames-arrive');
const SINK = '… ! h264parse ! kvssink stream-name=NAME';

/**
 * `kvs-launch doctor`: runs all checks side by side, and prints what they have found.
 * @returns the exit code: 1 where there is a problem.
 */
export async function doctor(
  pipeline: readonly string[],
  options: DoctorOptions,
  env: NodeJS.ProcessEnv,
): Promise<number> {
  if (options.send === true && options.streamName === undefined) {
    throw new KvsError(
      'STATUS_INVALID_ARG',
      '--send needs --stream-name: it leaves data in that stream',
      {
        advice: 'Name a stream that was made for it.',
      },
    );
  }
  const found: Finding[] = [];
  const isColoured = process.stdout.isTTY === true && env['NO_COLOR'] === undefined;
  const version = await noting(inspectVersion(env));
  const checks = allChecks(pipeline, options, version, env);
  for await (const finding of runChecks(checks, CHECK_MS)) {
    found.push(finding);
    if (!options.json) process.stdout.write(`${findingText(finding, isColoured)}\n`);
  }
  if (options.json) process.stdout.write(`${JSON.stringify(found.map(findingRecord), null, 2)}\n`);
  else process.stdout.write(`\n${summaryText(found)}\n`);
  return found.some(({ status }) => status === 'problem') ? EXIT.error : EXIT.ok;
}

/** Says what is waited for, where somebody looks. */
async function noting<T>(scan: Promise<T>): Promise<T> {
  const timer = setTimeout(() => {
    if (process.stderr.isTTY) process.stderr.write(`${SCANNING}\n`);
  }, SCAN_NOTE_MS);
  return scan.finally(() => clearTimeout(timer));
}

const SCANNING =
  'GStreamer loads its plugins, which takes a minute on a small board the first time.';
const SCAN_NOTE_MS = 2_000;

function allChecks(
  pipeline: readonly string[],
  options: DoctorOptions,
  version: ProgramResult,
  env: NodeJS.ProcessEnv,
): readonly Check[] {
  const hasSink = pipeline.some((word) => word.includes('kvssink'));
  const probe = hasSink ? startProbe(pipeline, options.duration * 1000, env) : undefined;
  const settings = probe?.elements.then((elements) => elements.map(readSettings));
  let index: Promise<PackageIndex> | undefined;
  const lists: AptLists = () => {
    index ??= readAptLists();
    return index;
  };
  const target = targetOf(settings, options);
  const way = target.then((known) => serviceWay(known, env));
  return [
    { ...about('Node.js', 'gstreamer-is-missing-or-too-old'), look: async () => nodeFinding() },
    ...gstreamerChecks(version, lists, env),
    ...deviceChecks(),
    { ...PIPELINE, limitMs: PROBE_MS, look: () => pipelineFindings(pipeline, probe, lists) },
    ...serviceChecks(way, env),
    uploadCheck(target, options.send === true, bitsPerSecond(probe)),
    ...resourceChecks(settings),
  ];
}

/** What the pipeline's first kvssink is set to, with the options in front. */
async function targetOf(
  settings: Promise<readonly ElementSettings[]> | undefined,
  options: DoctorOptions,
): Promise<ServiceTarget> {
  const given = serviceSettings(options);
  const [element] = (await settings) ?? [];
  const named = options.streamName;
  return {
    ...element?.connection,
    ...given,
    credentials: {
      ...(element === undefined ? {} : credentialsFor(element)),
      ...given.credentials,
    },
    streamName: named ?? element?.stream.streamName,
    streamArn: named === undefined ? element?.stream.streamArn : undefined,
    allowStreamCreation: element?.stream.allowStreamCreation ?? false,
  };
}

async function pipelineFindings(
  pipeline: readonly string[],
  probe: Probe | undefined,
  lists: AptLists,
): Promise<readonly Finding[]> {
  if (probe === undefined) {
    if (pipeline.length > 0) return [PIPELINE.problem('There is no kvssink in it.', SINK)];
    return [PIPELINE.skipped('None was given.', 'kvs-launch doctor videotestsrc ! … ! kvssink …')];
  }
  const outcome = await probe.outcome;
  if (outcome.kind === 'failed') {
    return [failureFinding(outcome.text, outcome.debug, await lists())];
  }
  const { tracks } = outcome;
  if (tracks.length === 0) return [PIPELINE.problem('Its kvssink did not start.', PLAY_IT)];
  return tracks.flatMap((track) => trackFindings(track, tracks.length > 1));
}

async function bitsPerSecond(probe: Probe | undefined): Promise<number | undefined> {
  const outcome = await probe?.outcome;
  if (outcome?.kind !== 'done') return undefined;
  const rates = outcome.tracks.map(({ bytes, spanMs }) =>
    spanMs > 0 ? (bytes * 8e3) / spanMs : 0,
  );
  return rates.reduce((sum, rate) => sum + rate, 0);
}

/** What kvssink takes where nothing is set. */
const DEFAULT_SETTINGS = readSettings({ element: '', properties: {}, pads: [] });

function resourceChecks(
  settings: Promise<readonly ElementSettings[]> | undefined,
): readonly Check[] {
  const known = async () => {
    const found = (await settings) ?? [];
    return found.length === 0 ? [DEFAULT_SETTINGS] : found;
  };
  return [
    {
      ...about('memory', 'frames-are-dropped-or-the-store-is-out-of-memory'),
      look: async () => {
        const stores = (await known()).map(({ storage }) => storage.storageSize);
        return memoryFinding(stores, availableBytes());
      },
    },
    {
      ...about('spool', 'the-spool-cannot-be-written'),
      look: async () => {
        const { spoolDirectory, spoolSize } = ((await known())[0] ?? DEFAULT_SETTINGS).stream;
        return spoolFinding(spoolDirectory, spoolSize);
      },
    },
  ];
}
