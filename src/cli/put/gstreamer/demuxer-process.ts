import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { KvsError } from '../../../errors/kvs-error.ts';
import { gstreamerAdvice } from '../../../host/native/install-advice.ts';
import { findProgram } from '../../../runtime/find-program.ts';
import { readAptLists } from '../../launch/apt-lists.ts';
import { missingFeature, missingFeatureAdvice } from '../../launch/debian-packages.ts';

const PROGRAM = 'gst-launch-1.0';
const PACKAGES = [
  'gstreamer1.0-tools',
  'gstreamer1.0-plugins-base',
  'gstreamer1.0-plugins-good',
  'gstreamer1.0-plugins-bad',
];
/** The descriptor that the frames come through: what gst-launch-1.0 prints is on standard output. */
const FRAMES_FD = 3;
/** Enough of what is printed to hold the first error. */
const MAX_PRINTED = 16_000;

/**
 * What takes a file apart. In files whose frames need no parsing, h264parse would only put parameter
 * sets into the first one. Motion JPEG without a container parsebin would cut anywhere: jpegparse
 * has no rank.
 */
export type Demuxer = 'parsebin' | 'flvdemux' | 'avidemux' | 'jpegparse';

/** A file that GStreamer takes apart in a process of its own. */
export type DemuxerProcess = {
  /** Its frames and what is known of them, as GDP. */
  readonly frames: Readable;
  /** Resolves when the process has ended. */
  readonly ended: Promise<DemuxerEnd>;
  readonly kill: () => void;
};

/** How it ended. */
export type DemuxerEnd = { readonly isWhole: boolean; readonly printed: string };

/**
 * Starts GStreamer on a file. `parsebin` finds out what the file is, and parses without decoding;
 * `funnel` lets the frames of all its tracks through one behind the other, as the file has them:
 * no track waits for another one, and nothing is clipped or rounded as a muxer would do. (gdppay
 * 1.22 crashes where two tracks with the same caps follow each other; that is reported as a loss.)
 * @throws KvsError STATUS_NOT_IMPLEMENTED where there is no gst-launch-1.0
 */
export function startDemuxer(path: string, demuxer: Demuxer): DemuxerProcess {
  if (process.platform === 'win32') {
    // A process there inherits no descriptor 3 that GStreamer could write to.
    throw new KvsError('STATUS_INVALID_ARG', 'Files of this format cannot be sent on Windows', {
      advice: 'Make a Matroska file of it first: ffmpeg -i FILE -c copy FILE.mkv',
    });
  }
  const program = findProgram(PROGRAM);
  if (program === undefined) {
    throw new KvsError('STATUS_INVALID_ARG', `${PROGRAM} is needed for files of this format`, {
      advice: gstreamerAdvice(PACKAGES),
    });
  }
  const pipeline = `! ${demuxer} : funnel ! gdppay ! fdsink fd=${FRAMES_FD} sync=false`.split(' ');
  const location = `location="${path.replaceAll(/["\\]/g, '\\$&')}"`;
  const child = spawn(program, ['-q', '--no-fault', 'filesrc', location, ...pipeline], {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  let printed = '';
  for (const output of [child.stdout, child.stderr]) {
    output?.setEncoding('utf8').on('data', (text: string) => {
      if (printed.length < MAX_PRINTED) printed += text;
    });
  }
  const ended = new Promise<DemuxerEnd>((resolve) => {
    child.once('error', (error) => resolve({ isWhole: false, printed: error.message }));
    child.once('close', (code) => resolve({ isWhole: code === 0, printed }));
  });
  const frames = child.stdio[FRAMES_FD] as Readable;
  return { frames, ended, kill: () => child.kill('SIGKILL') };
}

/** What stands in the way, in words; `printed` is what gst-launch-1.0 said. */
export async function demuxerError(printed: string): Promise<KvsError> {
  const missing = missingFeature(printed);
  if (missing !== undefined) {
    return new KvsError('STATUS_INVALID_ARG', `GStreamer has no element "${missing.name}"`, {
      advice: missingFeatureAdvice(missing, await readAptLists()),
    });
  }
  const lacksPlugin = /missing (?:a )?plug-?in|no suitable plugins|Missing element/i.test(printed);
  if (lacksPlugin) {
    return new KvsError('STATUS_INVALID_ARG', 'GStreamer lacks a plug-in for this file', {
      advice: gstreamerAdvice(PACKAGES),
    });
  }
  const why = gstreamerError(printed);
  return new KvsError('STATUS_FORMAT_ERROR', `GStreamer cannot read the file: ${why}`, {
    advice: 'Is it whole, and a video or audio file?',
  });
}

/** The first error that gst-launch-1.0 printed and that says why. */
export function gstreamerError(printed: string): string {
  const errors = [...printed.matchAll(/ERROR: from element [^\n]*?: ([^\n]+)/g)].map(
    ([, message = '']) => message,
  );
  const telling = errors.find((message) => message !== 'Internal data stream error.');
  return telling ?? errors[0] ?? (printed.trim().split('\n').at(-1) || 'it ended without a reason');
}
