import type { Frame } from '../../../src/producer/info/frame.ts';
import type {
  ProducerAccess,
  ProducerOptions,
} from '../../../src/producer/info/producer-options.ts';
import type { StreamInfo } from '../../../src/producer/info/stream-info.ts';
import { KinesisVideoProducer } from '../../../src/producer/producer.ts';
import type { KinesisVideoStream } from '../../../src/producer/stream.ts';
import type { Clock } from '../../../src/runtime/clock.ts';
import type { Logger } from '../../../src/runtime/logger.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { type SinkOptions, SinkUploader } from './sink-uploader.ts';

/** A way to AWS that leads nowhere. */
export const noAccess: ProducerAccess = {
  region: 'us-west-2',
  credentials: { name: 'none', get: () => Promise.reject(new Error('not used')) },
  controlPlane: {} as ProducerAccess['controlPlane'],
  agents: {
    agentFor: () => {
      throw new Error('not used');
    },
  },
  userAgent: 'test',
  allowInsecureHttp: false,
  close: () => {},
};

export type Rig = {
  readonly producer: KinesisVideoProducer;
  readonly stream: KinesisVideoStream;
  readonly clock: ManualClock;
  /** Of the stream's present life. */
  readonly sink: SinkUploader;
  readonly sinks: SinkUploader[];
  /** Names of events in the order they came, with what they said. */
  readonly events: { name: string; event: unknown }[];
  of<T = Record<string, unknown>>(name: string): T[];
};

const EVENT_NAMES = [
  'streamReady',
  'streamDataAvailable',
  'storageOverflowPressure',
  'bufferDurationOverflowPressure',
  'streamLatencyPressure',
  'streamConnectionStale',
  'fragmentAck',
  'droppedFrame',
  'droppedFragment',
  'streamError',
  'connectionState',
  'metrics',
  'streamClosed',
] as const;

/** A producer with one stream and a sink, on a clock that moves when told to. */
export async function makeRig(
  info: StreamInfo = {},
  options: SinkOptions & Partial<ProducerOptions> & { silent?: readonly string[] } = {},
): Promise<Rig> {
  const clock = new ManualClock('2026-11-21T12:00:00Z');
  const sinks: SinkUploader[] = [];
  const { persists, reads, silent = ['streamDataAvailable'], ...producerOptions } = options;
  const sinkOptions: SinkOptions = {
    ...(persists === undefined ? {} : { persists }),
    ...(reads === undefined ? {} : { reads }),
  };
  let seed = 1;
  const producer = new KinesisVideoProducer({
    access: noAccess,
    clock: clock as Clock,
    random: () => {
      seed = (seed * 16807) % 2147483647;
      return seed / 2147483647;
    },
    createUploader: (settings, dependencies) => {
      const sink = new SinkUploader(settings, dependencies, sinkOptions);
      sinks.push(sink);
      return sink;
    },
    ...producerOptions,
  });
  const stream = producer.createStream({ streamName: 'test', ...info });
  const events: { name: string; event: unknown }[] = [];
  for (const name of EVENT_NAMES) {
    if (!silent.includes(name)) stream.on(name, (event) => events.push({ name, event }));
  }
  await clock.advance(0);
  return {
    producer,
    stream,
    clock,
    sinks,
    events,
    get sink(): SinkUploader {
      const sink = sinks.at(-1);
      if (sink === undefined) throw new Error('the stream has no uploader yet');
      return sink;
    },
    of: <T>(name: string) => events.filter((e) => e.name === name).map((e) => e.event as T),
  };
}

const NS_PER_MS = 1_000_000n;

/** Puts frames in real time: the clock stands at each frame's time when it is put. */
export async function putLive(rig: Rig, frames: Iterable<Frame>): Promise<void> {
  const startMs = rig.clock.monotonicMs();
  let firstNs: bigint | undefined;
  for (const one of frames) {
    const ptsNs = one.ptsNs ?? 0n;
    firstNs ??= ptsNs;
    const atMs = startMs + Number((ptsNs - firstNs) / NS_PER_MS);
    if (atMs > rig.clock.monotonicMs()) await rig.clock.advance(atMs - rig.clock.monotonicMs());
    rig.stream.putFrame(one);
  }
}

export function range(count: number, from = 0): number[] {
  return Array.from({ length: count }, (_, i) => from + i);
}

/** A log that keeps its warnings. */
export function warnings(): { log: Logger; lines: { message: string; times: unknown }[] } {
  const lines: { message: string; times: unknown }[] = [];
  const log: Logger = {
    error: () => {},
    warn: (message, fields) => lines.push({ message, times: fields?.['times'] }),
    info: () => {},
    debug: () => {},
    child: () => log,
  };
  return { log, lines };
}
