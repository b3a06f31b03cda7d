import { machineMonotonicMs } from '../../host/health/health-record.ts';
import type { NativeAddon } from '../../host/native/native.ts';
import type { StatusSource } from '../../host/status/status-record.ts';
import type { Clock } from '../../runtime/clock.ts';
import { startCameraRun } from './camera-run.ts';
import type { CameraKeeper } from './camera-set.ts';
import { type Camera, stopTimeoutMs } from './network-camera.ts';
import { type SupervisedRun, Supervisor } from './supervisor.ts';
import { nextTracks, type Tracks } from './track-choice.ts';

/** What keeping a camera connected needs of its process. */
export type KeeperContext = {
  readonly native: Pick<NativeAddon, 'parseLaunch'>;
  /** Tells when frames come: that is how a camera that fell silent is noticed. */
  readonly watch: StatusSource;
  readonly clock: Clock;
  /** Not again when the connection ends. */
  readonly once: boolean;
  /** There are several cameras: lines begin with the name of theirs, and only errors are printed. */
  readonly named: boolean;
  readonly write: (stream: 'stdout' | 'stderr', text: string) => void;
  readonly debug: (line: string) => void;
  /** Hears of a pipeline that was left to itself. */
  readonly leftBehind: (freed: Promise<void>) => void;
};

/** A camera that never gets as far as a stream is connected to anew after this time. */
const START_LIMIT_MS = 60_000;
/** What a connection may take to end, beside sending what it has. */
const ENDING_MS = 10_000;

/** Keeps a camera connected, or connects to it once. */
export function cameraKeeper(camera: Camera, context: KeeperContext): CameraKeeper {
  const { name, streamName, stallMs } = camera;
  const { native, watch, clock, named, debug } = context;
  const write = (stream: 'stdout' | 'stderr', text: string): void =>
    context.write(stream, named ? text.replaceAll(/^(?=.)/gm, `${name}: `) : text);
  const log = (line: string): void =>
    write('stderr', named ? `${line}\n` : `kvs-launch rtsp: ${line}\n`);
  const start = (tracks: Tracks): SupervisedRun =>
    startCameraRun(native, camera, tracks, {
      quiet: named,
      write,
      leftBehind: (freed) => {
        log('The pipeline does not end, and is left behind');
        context.leftBehind(freed);
      },
    });
  if (context.once) {
    const run = start(nextTracks(camera, undefined));
    return { run: () => run.ended, stop: () => run.stop() };
  }
  let startedMs = 0;
  let tracks: Tracks | undefined;
  return new Supervisor({
    clock,
    random: Math.random,
    log,
    debug: (line) => debug(`${name}: ${line}`),
    start: (exitCode) => {
      const before = tracks && exitCode !== undefined ? { tracks, exitCode } : undefined;
      tracks = nextTracks(camera, before);
      startedMs = machineMonotonicMs();
      return start(tracks);
    },
    isStalled: () => {
      const stream = watch.read().streams.find((each) => each.name === streamName);
      const nowMs = machineMonotonicMs();
      // One that was opened earlier is of the connection before.
      if (stream === undefined || stream.openedMs < startedMs) {
        return nowMs - startedMs > Math.max(stallMs, START_LIMIT_MS);
      }
      return nowMs - stream.frameMs > stallMs;
    },
    graceMs: stopTimeoutMs(camera) + ENDING_MS,
  });
}
