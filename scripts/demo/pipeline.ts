import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

const FRAMES_PER_SECOND = 30;

/** The pipeline that a user would type, `seconds` long or endless. */
export function demoPipeline(seconds: number | undefined): string[] {
  const frames = seconds === undefined ? [] : [`num-buffers=${seconds * FRAMES_PER_SECOND}`];
  return [
    ...['videotestsrc', 'is-live=true', ...frames, '!'],
    ...[`video/x-raw,width=640,height=480,framerate=${FRAMES_PER_SECOND}/1`, '!'],
    ...['timeoverlay', 'halignment=right', '!', 'videoconvert', '!'],
    ...['x264enc', 'tune=zerolatency', 'bitrate=1500', 'key-int-max=60', '!', 'h264parse', '!'],
    ...['kvssink', 'stream-name=demo'],
  ];
}

/** As it would be typed in a shell. */
export function asTyped(args: readonly string[]): string {
  return args.map((arg) => (/[^\w=/,.:!-]/.test(arg) ? `'${arg}'` : arg)).join(' ');
}

/** gst-launch-1.0 under way. */
export type RunningPipeline = {
  /** Asks for EOS, as Ctrl-C does: everything is sent and persisted before it ends. */
  stop(): void;
  /** Ends it at once. */
  kill(): void;
  /** Its exit code; 128 + n after signal n, as a shell has it. */
  readonly ended: Promise<number>;
};

/**
 * Starts plain gst-launch-1.0. In a process group of its own, so that a Ctrl-C in the terminal
 * reaches it once, through `stop`, and not twice.
 */
export function startPipeline(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  onLine: (line: string) => void,
): RunningPipeline {
  const child: ChildProcess = spawn('gst-launch-1.0', ['-e', ...args], {
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [child.stdout, child.stderr]) {
    if (stream) createInterface({ input: stream }).on('line', onLine);
  }
  return {
    stop: () => void child.kill('SIGINT'),
    kill: () => void child.kill('SIGKILL'),
    ended: new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => resolve(code ?? (signal === 'SIGINT' ? 130 : 137)));
    }),
  };
}
