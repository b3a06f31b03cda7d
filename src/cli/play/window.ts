import { spawn } from 'node:child_process';
import type { Writable } from 'node:stream';
import type { KinesisVideoConsumer } from '../../consumer/consumer.ts';
import { continuesFile } from '../../consumer/files/file-muxer.ts';
import { MatroskaMuxer } from '../../consumer/files/matroska-muxer.ts';
import type { ConsumedFragment } from '../../consumer/fragments/consumed-fragment.ts';
import { KvsError } from '../../errors/kvs-error.ts';
import { gstreamerAdvice } from '../../host/native/install-advice.ts';
import { findProgram } from '../../runtime/find-program.ts';
import { adviseOnMissingElement } from '../launch/debian-packages.ts';
import { EXIT } from '../process/exit-codes.ts';
import { onInterrupt } from '../process/interrupts.ts';
import type { PlayOptions } from './play-options.ts';

/**
 * Fragments come in bursts, and late where the network stalls. gst-launch-1.0 then pauses, until half
 * of this is there.
 */
const BUFFER_NS = 2_000_000_000;
/** Enough of standard error to hold the program's last words. */
const LAST_WORDS = 2_000;

/** A gst-launch-1.0 that shows one Matroska document. */
type Window = {
  readonly input: Writable;
  /** Its exit code, when the window is closed or everything was shown. */
  readonly ended: Promise<number>;
  kill(): void;
};

/** Plays a stream in a window until it ends, the window is closed, or an interrupt. */
export async function playInWindow(
  consumer: KinesisVideoConsumer,
  options: PlayOptions,
): Promise<number> {
  if (findProgram('gst-launch-1.0') === undefined) {
    throw new KvsError('STATUS_INVALID_OPERATION', 'gst-launch-1.0 is not installed', {
      advice: gstreamerAdvice([
        'gstreamer1.0-tools',
        'gstreamer1.0-plugins-good',
        'gstreamer1.0-libav',
        'gstreamer1.0-x',
      ]),
    });
  }
  const stopping = new AbortController();
  let window: Window | undefined;
  onInterrupt(() => {
    stopping.abort();
    window?.kill();
  });
  let last: ConsumedFragment | undefined;
  let muxer = new MatroskaMuxer({ isStream: true });
  let code: number = EXIT.ok;
  for await (const fragment of fragmentsOf(consumer, options, stopping.signal)) {
    if (fragment.frames.length === 0) continue;
    if (window !== undefined && last !== undefined && !continuesFile(last, fragment)) {
      // Other tracks need another pipeline.
      window.input.end();
      code = await window.ended;
      if (code !== EXIT.ok) break;
      window = undefined;
      muxer = new MatroskaMuxer({ isStream: true });
    }
    last = fragment;
    if (window === undefined) {
      window = openWindow(fragment, options);
      // A closed window ends the reading, while no fragment comes, too.
      window.ended.then(() => stopping.abort()).catch(() => stopping.abort());
    }
    for (const { data } of await muxer.add(fragment)) await written(window.input, data);
  }
  if (window === undefined) {
    if (stopping.signal.aborted) return EXIT.ok;
    throw new KvsError('STATUS_INVALID_OPERATION', 'The stream has no media there', {
      advice: 'kvs-launch get --list shows what is stored.',
    });
  }
  window.input.end();
  return window.ended;
}

function fragmentsOf(
  consumer: KinesisVideoConsumer,
  { from, to, by }: PlayOptions,
  signal: AbortSignal,
): AsyncIterable<ConsumedFragment> {
  if (from !== undefined && to !== undefined) return consumer.archive({ from, to, by, signal });
  if (from === undefined) return consumer.media({ signal });
  const start = by === 'server' ? { serverTimestamp: from } : { producerTimestamp: from };
  return consumer.media({ start, signal });
}

function openWindow({ tracks }: ConsumedFragment, options: PlayOptions): Window {
  const child = spawn('gst-launch-1.0', pipelineOf(tracks, options), {
    stdio: ['pipe', 'ignore', 'pipe'],
    // An interrupt comes here alone.
    detached: true,
  });
  child.stdin.on('error', () => {});
  let lastWords = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    lastWords = (lastWords + text).slice(-LAST_WORDS);
  });
  let isKilled = false;
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      // The window's own close button is an error to gst-launch-1.0.
      if (code === 0 || isKilled || /Output window was closed/.test(lastWords)) {
        resolve(EXIT.ok);
        return;
      }
      process.stderr.write(lastWords);
      void adviseOnMissingElement(lastWords).then(() => resolve(EXIT.error));
    });
  });
  return {
    input: child.stdin,
    ended,
    kill: () => {
      isKilled = true;
      child.kill('SIGKILL');
    },
  };
}

/** A branch for the first video and the first audio track. */
function pipelineOf(
  tracks: ConsumedFragment['tracks'],
  { videoSink, audioSink }: PlayOptions,
): string[] {
  const has = (wanted: string): boolean => tracks.some(({ kind }) => kind === wanted);
  const unbounded = ['max-size-bytes=0', 'max-size-buffers=0'];
  const queue = ['d.', '!', 'queue', ...unbounded, '!'];
  const video = [...queue, 'videoconvert', '!', ...videoSink.split(/\s+/)];
  const audio = [
    ...[...queue, 'audioconvert', '!', 'audioresample', '!'],
    ...audioSink.split(/\s+/),
  ];
  return [
    ...['-q', 'fdsrc', '!', 'decodebin', 'name=d', 'use-buffering=true', ...unbounded],
    ...[`max-size-time=${BUFFER_NS}`, 'low-percent=5', 'high-percent=50'],
    ...(has('video') ? video : []),
    ...(has('audio') ? audio : []),
  ];
}

async function written(input: Writable, data: Uint8Array): Promise<void> {
  await new Promise((resolve) => {
    input.write(data, resolve);
  });
}
