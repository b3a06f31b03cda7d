/**
 * What the page is told, as JSON. Types alone, and nothing of Node's: the page is compiled with them.
 */
import type { ProducerSession, SentAck } from '../streams/producer-session.ts';

/** A track as players and people need to know it. */
export type TrackReport = {
  readonly number: number;
  /** Matroska TrackType: 1 video, 2 audio. */
  readonly type: number;
  readonly name?: string;
  readonly codecId: string;
  /** RFC 6381, of a track that can be played back: `avc1.64001f`. */
  readonly codec?: string;
  readonly width?: number;
  readonly height?: number;
  readonly samplingFrequencyHz?: number;
  readonly channels?: number;
  /** Of the codec private data. */
  readonly codecPrivateBytes?: number;
};

/** The last ERROR ack of a stream. */
export type ErrorReport = {
  readonly atMs: number;
  readonly id: number;
  readonly code: string;
  readonly reason: string;
};

/** What is known of a stream at a moment; /api/events sends what changes of it. */
export type StreamReport = {
  readonly name: string;
  readonly arn: string;
  readonly status: string;
  readonly mediaType: string | undefined;
  readonly deviceName: string | undefined;
  readonly retentionHours: number;
  readonly creationTimeMs: number;
  readonly tags: Readonly<Record<string, string>>;
  /** Open PutMedia sessions. */
  readonly sessions: number;
  /** Clients that read with GetMedia. */
  readonly readers: number;
  /** Of the video track, or of the first one; frames per second that arrive. */
  readonly fps: number;
  readonly bitsPerSecond: number;
  /** Arrival minus the frame's own time, of the newest frame; absent unless that is live. */
  readonly latencyMs: number | undefined;
  /** Epoch ms at which the newest frame arrived; absent before the first in this run. */
  readonly lastFrameMs: number | undefined;
  /** Frames of the counted track since the service began. */
  readonly framesReceived: number;
  /** Since the service began. */
  readonly fragmentsPersisted: number;
  /** ERROR acks since the service began, and the last of them. */
  readonly errors: number;
  readonly lastError: ErrorReport | undefined;
  /** On disk now. */
  readonly fragmentsStored: number;
  readonly bytesStored: number;
  readonly tracks: readonly TrackReport[];
};

/** A fragment on disk. */
export type FragmentReport = {
  readonly number: string;
  /** Epoch ms of its first timecode, by the producer. */
  readonly startMs: number;
  /** Epoch ms at which the service began to receive it. */
  readonly arrivedMs: number;
  readonly durationMs: number;
  readonly bytes: number;
  /** Per track: its frames. */
  readonly frames: readonly { readonly type: number; readonly frames: number }[];
  readonly keyFrames: number;
  /** How many copies that were sent before it took the place of, of which 16 count, or has beside it. */
  readonly duplicates: number;
  readonly session: string;
};

/** The JSON of /api/streams. */
export type StreamStatusReport = StreamReport & {
  /** The newest fragments, oldest first. */
  readonly recent: readonly FragmentReport[];
};

/** A PutMedia request, open or ended. */
export type ConnectionReport = Readonly<ProducerSession>;

/** An ack as it was sent; `id` counts up per stream. */
export type AckReport = SentAck & { readonly id: number };

/** Event `streams` of /api/events: first everything, then what changed. */
export type StreamsEvent = {
  /** Whether what was known before is to be forgotten. */
  readonly isWhole: boolean;
  /** New streams in full, known ones with the fields that changed; null for one that is absent now. */
  readonly changed: readonly ({ readonly name: string } & {
    readonly [Field in keyof StreamReport]?: StreamReport[Field] | null;
  })[];
  readonly removed: readonly string[];
};

/** Event `stream` of /api/events: what is new about the one stream that was asked for. */
export type StreamEvent = {
  readonly isWhole: boolean;
  /** Connections that are new or changed, oldest first. */
  readonly connections: readonly ConnectionReport[];
  /** Acks since the last event, oldest first. */
  readonly acks: readonly AckReport[];
};

/** A span of time in which nothing is stored, epoch ms. */
export type GapReport = { readonly fromMs: number; readonly untilMs: number };

/** Fragments whose starts lie in the same part of a timeline. */
export type TimelineBin = {
  /** Epoch ms. */
  readonly startMs: number;
  readonly fragments: number;
  readonly bytes: number;
  /** Of time that is stored. */
  readonly coveredMs: number;
  /** The greatest of its fragments; absent when none was sent live. */
  readonly latencyMs?: number;
  readonly duplicates: number;
};

/** The JSON of /api/timeline: one window of what is stored, each fragment by itself or in bins. */
export type TimelineReport = {
  readonly fromMs: number;
  readonly untilMs: number;
  /** Of everything that is stored; absent when nothing is. */
  readonly oldestMs?: number;
  readonly newestMs?: number;
  /** In the window. */
  readonly fragments: number;
  readonly bytes: number;
  /** Absent where too much is stored to count them. */
  readonly duplicates?: number;
  /** The longest ones of the window, in the order of time; and how many there are, and how long. */
  readonly gaps: readonly GapReport[];
  readonly gapCount: number;
  readonly gapMs: number;
  readonly parts:
    | { readonly kind: 'fragments'; readonly list: readonly FragmentReport[] }
    | { readonly kind: 'bins'; readonly binMs: number; readonly list: readonly TimelineBin[] };
};

/** The JSON of /api/fragment: what is in a fragment's file. */
export type FragmentDetail = FragmentReport & {
  readonly tags: readonly { readonly name: string; readonly value: string }[];
  readonly tracks: readonly (TrackReport & {
    readonly frames: number;
    readonly keyFrames: number;
    readonly bytes: number;
  })[];
};

/** The JSON of /api/recording: an HLS session over a window of what is stored. */
export type RecordingReport = {
  /** Path of the master playlist. */
  readonly url: string;
  /** Epoch ms at which its first fragment begins: where its media's own timeline has 0. */
  readonly fromMs: number;
  /** Epoch ms at which another window goes on; absent for the newest one, which grows. */
  readonly nextMs?: number;
};

/** The JSON of /api/service. */
export type ServiceReport = {
  readonly version: string;
  /** The well-known key, where the service takes it; no other is ever shown. */
  readonly localKey: { readonly accessKeyId: string; readonly secretAccessKey: string } | null;
};
