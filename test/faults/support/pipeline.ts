import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { hostOf } from '../../e2e/support/host.ts';
import { words } from '../../e2e/support/run.ts';
import type { Mode } from './fault.ts';

/** Frames of video in each run. */
export const FRAMES = 300;
const AUDIO_FRAMES = Math.round(((FRAMES / 30) * 44_100) / 1_024);

/** Snow, of which no two frames are alike, at a bit rate in kbit/s that the encoder keeps to. */
function videoSource({ isLive = true, frames = FRAMES, bitrate = 800, slices = 1 } = {}): string {
  return `videotestsrc pattern=snow is-live=${isLive} num-buffers=${frames} !
    video/x-raw,width=160,height=120,framerate=30/1 ${isLive ? '' : '! identity sync=true'} !
    x264enc speed-preset=ultrafast tune=zerolatency bitrate=${bitrate} key-int-max=15
    threads=1 option-string=slices=${slices} ! h264parse`;
}
const AUDIO = `audiotestsrc wave=white-noise is-live=true num-buffers=${AUDIO_FRAMES}
    samplesperbuffer=1024 ! audio/x-raw,rate=44100,channels=1 ! avenc_aac ! aacparse`;

/** A reference that can be read however early its writer ends. */
function recorded(location: string): string {
  return `queue ! matroskamux streamable=true ! filesink location=${location}`;
}

/** Files with what the sources gave, to compare with what is stored. */
export type References = { readonly video: string; readonly audio: string };

/** Video for kvssink, and for a file. */
function tapped(source: string, reference: string, properties: string): string {
  return `${source} ! tee name=v v. ! queue ! kvssink name=sink stream-name=camera ${properties}
    v. ! ${recorded(reference)}`;
}

/**
 * Frames of an earlier run, which must be other frames byte for byte: at a low bit rate any snow may
 * be coded alike, but not in two slices.
 */
export const EARLIER_FRAMES = 150;
const EARLIER_BITRATE = 700;

/** The launch line of an earlier run, which found no service. */
export function earlierLine(spool: string, reference: string): string[] {
  const source = videoSource({
    frames: EARLIER_FRAMES,
    bitrate: EARLIER_BITRATE,
    slices: 2,
  });
  return words(tapped(source, reference, `spool-directory=${spool} stop-stream-timeout=2`));
}

/**
 * What mode `back-fill` adds: a spool with what an earlier run has left, sent at half the speed at
 * which it was made, and memory for ten seconds: what waits longer goes to the spool, too.
 */
export function backFill(spool: string): string {
  return `spool-directory=${spool} spool-policy=live-first spool-bandwidth=${(EARLIER_BITRATE * 1000) / 2}
    storage-size=1`;
}

/** The launch line of a mode. */
export function launchLine(mode: Mode, references: References, properties: string): string[] {
  const type = mode === 'offline' ? 'streaming-type=offline' : '';
  const source = videoSource({ isLive: mode !== 'offline' });
  const video = tapped(source, references.video, `${type} ${properties}`);
  const audio = `${AUDIO} ! tee name=a a. ! queue ! sink. a. ! ${recorded(references.audio)}`;
  return words(mode === 'audio+video' ? `${video} ${audio}` : video);
}

/** A pipeline that hangs ends by this. */
const PATIENCE_MS = 180_000;

/** gst-launch-1.0, and when it said what. */
export class Pipeline {
  readonly #child: ChildProcess;
  readonly #lines: { readonly atMs: number; readonly text: string }[] = [];
  /** Its exit code, and null for one that was killed, as soon as nobody has its outputs any more. */
  readonly finished: Promise<number | null>;

  constructor(prefix: readonly string[], line: readonly string[], env: NodeJS.ProcessEnv) {
    const [command = '', ...args] = [...prefix, 'gst-launch-1.0', ...line];
    this.#child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      let rest = '';
      stream?.setEncoding('utf8');
      stream?.on('data', (text: string) => {
        const lines = `${rest}${text}`.split('\n');
        rest = lines.pop() ?? '';
        for (const text of lines) this.#lines.push({ atMs: Date.now(), text });
      });
    }
    const patience = setTimeout(() => this.#child.kill('SIGKILL'), PATIENCE_MS);
    this.finished = new Promise((resolve, reject) => {
      this.#child.on('error', reject);
      this.#child.on('close', (code) => {
        clearTimeout(patience);
        resolve(code);
      });
    });
  }

  get output(): string {
    return this.#lines.map(({ text }) => text).join('\n');
  }

  /** When kvssink first put a warning or an error on the bus, from `sinceMs` on. */
  reportedMs(sinceMs: number): number | undefined {
    return this.#lines.find(
      ({ atMs, text }) => atMs >= sinceMs && /^(?:WARNING|ERROR): from element .*sink/.test(text),
    )?.atMs;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** @returns whom it was sent to. */
  signalHost(signal: NodeJS.Signals): number {
    const host = hostOf(this.#child.pid ?? 0);
    process.kill(host, signal);
    return host;
  }

  /** The files that the host has open. */
  hostFiles(): string[] {
    const folder = `/proc/${hostOf(this.#child.pid ?? 0)}/fd`;
    return readdirSync(folder).map((name) => readlinkSync(join(folder, name)));
  }
}
