import { MatroskaReader } from '../../src/matroska/reader.ts';
import type { MatroskaTag, ReadTrack } from '../../src/matroska/types.ts';
import type { TrackDescription } from '../../src/media/types.ts';
import { KinesisVideoProducer } from '../../src/producer/producer.ts';
import type { ProducerAccess, ProducerOptions } from '../../src/producer/producer-options.ts';
import type { KinesisVideoStream } from '../../src/producer/stream.ts';
import type { StreamInfo } from '../../src/producer/stream-info.ts';
import type { Frame } from '../../src/producer/types.ts';
import { newCounters } from '../../src/putmedia/counters.ts';
import type {
  Uploader,
  UploaderCounters,
  UploaderDependencies,
  UploaderSettings,
} from '../../src/putmedia/types.ts';
import type { Clock } from '../../src/runtime/clock.ts';
import type { Logger } from '../../src/runtime/logger.ts';
import type { FragmentSource, SessionFormat, StoredFragment } from '../../src/storage/types.ts';
import { FakeClock } from '../aws/fake-clock.ts';

/** An SPS of 640x128 and its PPS, as x264 makes them. */
const SPS = Buffer.from('6742c01ed900a047fec8', 'hex');
const PPS = Buffer.from('68ce3c80', 'hex');
const START = Buffer.from('00000001', 'hex');

export const VIDEO: TrackDescription = {
  kind: 'video',
  mediaType: 'video/h264',
  streamFormat: 'byte-stream',
};
/** AAC LC, 48 kHz, stereo. */
export const AUDIO: TrackDescription = {
  kind: 'audio',
  mediaType: 'audio/aac',
  streamFormat: 'raw',
  codecData: Buffer.from('1190', 'hex'),
};

/** One byte-stream access unit; `id` is found again in the stored block's last four bytes. */
export function videoUnit(id: number, isKeyFrame: boolean, byteLength = 64): Buffer {
  const slice = Buffer.alloc(Math.max(byteLength, 6), 0xaa);
  slice[0] = isKeyFrame ? 0x65 : 0x41;
  slice[1] = 0x88;
  writeId(slice, id);
  const parameterSets = isKeyFrame ? [START, SPS, START, PPS] : [];
  return Buffer.concat([...parameterSets, START, slice]);
}

/** Seven bits per byte, none of them zero: nothing that looks like a start code. */
function writeId(unit: Buffer, id: number): void {
  for (let i = 0; i < 4; i++) unit[unit.length - 4 + i] = 0x80 | ((id >> (21 - 7 * i)) & 0x7f);
}

function readId(data: Uint8Array): number {
  let id = 0;
  for (const byte of data.subarray(-4)) id = (id << 7) | (byte & 0x7f);
  return id;
}

export function audioUnit(id: number, byteLength = 32): Buffer {
  const unit = Buffer.alloc(byteLength, 0x21);
  writeId(unit, id);
  return unit;
}

const NS_PER_MS = 1_000_000n;

/** A frame with times in ms. */
export function frame(
  trackId: number,
  ptsMs: number | undefined,
  data: Buffer,
  rest: Partial<Frame> = {},
): Frame {
  const ptsNs = ptsMs === undefined ? undefined : BigInt(Math.round(ptsMs * 1000)) * 1000n;
  return { trackId, ptsNs, dtsNs: ptsNs, durationNs: 0n, isKeyFrame: false, data, ...rest };
}

/** `count` video frames, one key frame every `gop`, at `fps`. */
export function* video(
  count: number,
  options: {
    gop?: number;
    fps?: number;
    startMs?: number;
    byteLength?: number;
    firstId?: number;
  } = {},
): Generator<Frame> {
  const { gop = 30, fps = 30, startMs = 0, byteLength = 64, firstId = 0 } = options;
  for (let i = 0; i < count; i++) {
    const isKeyFrame = i % gop === 0;
    yield frame(1, startMs + (i * 1000) / fps, videoUnit(firstId + i, isKeyFrame, byteLength), {
      isKeyFrame,
    });
  }
}

/** A block as it was stored. */
export type StoredBlock = {
  track: number;
  /** Cluster's and block's, in timecode units. */
  timecode: number;
  relative: number;
  isKeyFrame: boolean;
  isInvisible: boolean;
  isDiscardable: boolean;
  /** What videoUnit or audioUnit put in. */
  id: number;
  bytes: Buffer;
};

/** A cluster with the tags in front of it. */
export type StoredCluster = { timecode: number; tags: MatroskaTag[]; blocks: StoredBlock[] };

/** A session's bytes, read back. */
export type ReadSession = {
  tracks: readonly ReadTrack[];
  clusters: StoredCluster[];
  /** Tags behind the last cluster. */
  endTags: MatroskaTag[];
};

export function readSession(bytes: Uint8Array): ReadSession {
  const session: ReadSession = { tracks: [], clusters: [], endTags: [] };
  const reader = new MatroskaReader({
    tracks: (tracks) => {
      session.tracks = tracks.map((track) => ({ ...track }));
    },
    tags: (tags) => session.endTags.push(...tags),
    clusterStart: (timecode) => {
      session.clusters.push({ timecode: Number(timecode), tags: session.endTags, blocks: [] });
      session.endTags = [];
    },
    block: (block) => {
      const cluster = session.clusters.at(-1);
      cluster?.blocks.push({
        track: block.trackNumber,
        relative: block.relativeTimecode,
        timecode: cluster.timecode + block.relativeTimecode,
        isKeyFrame: block.isKeyFrame,
        isInvisible: block.isInvisible,
        isDiscardable: block.isDiscardable,
        id: readId(block.data),
        bytes: Buffer.from(block.data),
      });
    },
  });
  reader.push(bytes);
  reader.end();
  return session;
}

/** What a sink does with what it reads. */
export type SinkOptions = {
  /** Whether a complete fragment is persisted (and settled) at once. */
  readonly persists?: boolean;
  /** Whether it reads at all. */
  readonly reads?: boolean;
};

/**
 * An uploader that needs no service: reads what is committed, at once, into one buffer per session
 * format, and persists what is complete.
 */
export class SinkUploader implements Uploader {
  readonly settings: UploaderSettings;
  readonly dependencies: UploaderDependencies;
  readonly counters: UploaderCounters = newCounters();
  readonly #formats: SessionFormat[] = [];
  readonly #sessions: Buffer[][] = [];
  readonly fragments: { index: number; timecode: bigint; byteLength: number; eofr: boolean }[] = [];
  resets: string[] = [];
  persists: boolean;
  reads: boolean;
  isClosed = false;
  #current: StoredFragment | undefined;
  #nextIndex = 0;
  #offset = 0;
  #drains: { resolve: () => void; reject: (error: Error) => void }[] = [];

  constructor(
    settings: UploaderSettings,
    dependencies: UploaderDependencies,
    options: SinkOptions,
  ) {
    this.settings = settings;
    this.dependencies = dependencies;
    this.persists = options.persists ?? true;
    this.reads = options.reads ?? true;
  }

  get source(): FragmentSource {
    return this.dependencies.source;
  }

  /** Of each session. */
  get formats(): readonly SessionFormat[] {
    return this.#formats;
  }

  /** Each session's bytes, header first. */
  get sessions(): Buffer[] {
    return this.#sessions.map((parts, i) =>
      Buffer.concat([this.#formats[i]?.headerBytes ?? new Uint8Array(), ...parts]),
    );
  }

  read(): ReadSession[] {
    return this.sessions.map((bytes) => readSession(bytes));
  }

  start(): void {
    this.source.onChange = () => this.pump();
    this.dependencies.events.ready('arn:aws:kinesisvideo:us-west-2:123456789012:stream/t/1');
    this.pump();
  }

  pump(): void {
    while (this.reads && this.#step()) {
      // Reads on.
    }
    if (this.persists) this.persistAll();
  }

  #step(): boolean {
    const fragment = this.#current ?? this.source.firstFrom(this.#nextIndex);
    if (fragment === undefined) return false;
    if (fragment !== this.#current) {
      this.#current = fragment;
      this.#offset = 0;
    }
    const bytes = this.source.read(fragment, this.#offset, 1 << 20);
    if (bytes !== undefined) {
      let slot = this.#formats.lastIndexOf(fragment.format);
      if (slot < 0) {
        slot = this.#formats.push(fragment.format) - 1;
        this.#sessions.push([]);
        this.counters.totalSessions += 1;
      }
      this.#sessions[slot]?.push(Buffer.from(bytes));
      this.#offset += bytes.length;
      this.counters.transferredBytes += bytes.length;
      return true;
    }
    const isGone = this.source.get(fragment.index) !== fragment;
    if (!fragment.complete && !isGone) return false;
    this.fragments.push({
      index: fragment.index,
      timecode: fragment.timecode,
      byteLength: this.#offset,
      eofr: fragment.endsWithEofr,
    });
    this.#nextIndex = fragment.index + 1;
    this.#current = undefined;
    return true;
  }

  /** Acknowledges and settles every fragment that was read to its end. */
  persistAll(): void {
    for (let f = this.source.oldest; f !== undefined && f.index < this.#nextIndex; ) {
      this.persist(f);
      f = this.source.firstFrom(f.index + 1);
    }
    if (this.source.oldest === undefined)
      for (const { resolve } of this.#drains.splice(0)) resolve();
  }

  persist(fragment: StoredFragment): void {
    fragment.ack = 'persisted';
    this.counters.persistedAcks += 1;
    this.dependencies.events.ack(
      {
        type: 'PERSISTED',
        timecode: fragment.timecode,
        fragmentNumber: String(fragment.index),
        errorId: undefined,
        errorCode: undefined,
      },
      fragment,
      0,
    );
    this.source.settle(fragment);
  }

  resetConnection(reason: Error): void {
    this.resets.push(reason.message);
  }

  drain(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#drains.push({ resolve, reject });
      this.pump();
    });
  }

  failDrains(error: Error): void {
    for (const { reject } of this.#drains.splice(0)) reject(error);
  }

  close(): void {
    this.isClosed = true;
  }
}

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
  readonly clock: FakeClock;
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
  const clock = new FakeClock();
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

/** Track 1 is video and track 2 audio. */
export const AV_TRACKS: StreamInfo['trackInfoList'] = [
  { trackId: 1, trackName: 'kinesis_video', description: VIDEO },
  { trackId: 2, trackName: 'audio', description: AUDIO },
];
export const VIDEO_TRACK: StreamInfo['trackInfoList'] = [
  { trackId: 1, trackName: 'kinesis_video', description: VIDEO },
];
export const AUDIO_TRACK: StreamInfo['trackInfoList'] = [
  { trackId: 1, trackName: 'audio', description: AUDIO },
];

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

export function ids(session: ReadSession | undefined, track = 1): number[] {
  return (session?.clusters ?? []).flatMap(({ blocks }) =>
    blocks.filter((block) => block.track === track).map(({ id }) => id),
  );
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
