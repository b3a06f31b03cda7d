import { KvsError } from '../../errors/kvs-error.ts';
import type { NativeAddon, Pipeline } from '../../host/native/native.ts';
import { redactText } from '../../runtime/redact.ts';
import { readAptLists } from '../launch/apt-lists.ts';
import { missingFeature, missingFeatureAdvice } from '../launch/debian-packages.ts';
import { Launcher } from '../launch/launcher.ts';
import type { Camera } from './network-camera.ts';
import { rtspPipeline } from './rtsp-pipeline.ts';
import type { SupervisedRun } from './supervisor.ts';
import { missingTrack, type Tracks } from './track-choice.ts';

/** Where the lines of a connection go. */
export type RunOutput = {
  /** Only errors. */
  readonly quiet: boolean;
  readonly write: (stream: 'stdout' | 'stderr', text: string) => void;
  /** A pipeline that was left to itself, and what becomes of it. */
  readonly leftBehind: (freed: Promise<void>) => void;
};

/**
 * Connects to a camera with a pipeline of its own in this process. Its kvssink has sent everything
 * when `ended` resolves, with the exit code that gst-launch-1.0 would have, or one of MISSING.
 * `ended` rejects when there can be no such pipeline: an element is missing, or has no such property.
 */
export function startCameraRun(
  native: Pick<NativeAddon, 'parseLaunch'>,
  camera: Camera,
  tracks: Tracks,
  { quiet, write, leftBehind }: RunOutput,
): SupervisedRun {
  let pipeline: Pipeline;
  try {
    pipeline = native.parseLaunch(rtspPipeline(camera, tracks));
  } catch (error) {
    return { ended: refused(error), stop: () => {} };
  }
  const launcher = new Launcher(
    pipeline,
    { quiet, messages: false, verbose: false, exclude: [], fatalWarning: missingTrack },
    {
      stdout: (text) => write('stdout', text),
      stderr: (text) => write('stderr', redactText(text)),
      monotonicNs: process.hrtime.bigint,
      // kvssink has sent what it had before its pipeline is in NULL; others go on.
      settled: async () => {},
    },
  );
  let isAsked = false;
  return {
    ended: launcher.run(),
    stop: () => {
      if (isAsked) leftBehind(launcher.abandon());
      else launcher.interrupt();
      isAsked = true;
    },
  };
}

async function refused(cause: unknown): Promise<never> {
  const text = redactText(cause instanceof Error ? cause.message : String(cause));
  const missing = missingFeature(text);
  throw new KvsError('STATUS_INVALID_ARG', `The pipeline cannot be built: ${text}`, {
    cause,
    advice:
      missing === undefined
        ? 'gst-inspect-1.0 kvssink lists its properties.'
        : missingFeatureAdvice(missing, await readAptLists()),
  });
}
