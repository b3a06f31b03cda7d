import { KvsError } from '../../errors/kvs-error.ts';
import { checkNalAdaptation } from '../../media/nal/nal-adaptation.ts';
import type { Random } from '../../runtime/clock.ts';
import type { DropPolicy } from '../../storage/view-options.ts';
import { checkAmount, checkLength, checkOneOf, checkRange, checkTags } from './check.ts';
import { checkSpool, SPOOL_DEFAULTS, type SpoolInfo } from './spool-info.ts';
import { STREAM_LIMITS } from './stream-limits.ts';

import type { TrackInfo } from './track-info.ts';

/**
 * realtime drops oldest first and never blocks; near-realtime too, in a buffer that is sized in
 * fragments and loses whole ones only; offline blocks and never drops.
 */
export type StreamingType = 'realtime' | 'near-realtime' | 'offline';

/**
 * A stream as an application describes it (upstream's StreamDefinition and StreamInfo). All fields
 * are optional; the defaults are those of
 * https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/producer-reference-structures-stream.html.
 * Durations are in ms.
 */
export type StreamInfo = SpoolInfo & {
  /** At most 256 of `a-z A-Z 0-9 _ . -`; a random name of 16 characters if neither is given. */
  readonly streamName?: string;
  /** Instead of the name. */
  readonly streamArn?: string;
  /** 0 (nothing is kept) or 1 … 87 600 whole hours; used when the stream is created. Default 1. */
  readonly retentionHours?: number;
  /** Also raises or lowers the retention of a stream that exists. Default false. */
  readonly updateRetention?: boolean;
  /** At most 50 tags; names of 128, values of 1024 bytes. */
  readonly tags?: Readonly<Record<string, string>>;
  /** Key that encrypts the stream; KVS's own by default. Used when the stream is created. */
  readonly kmsKeyId?: string;
  /** Media type of a stream to be created; by default what the tracks are. */
  readonly contentType?: string;
  /**
   * realtime: never blocks, drops the oldest. near-realtime: the same, with a buffer of
   * bufferDurationMs / fragmentDurationMs fragments that only ever go whole. offline: waits, never
   * drops. Default realtime.
   */
  readonly streamingType?: StreamingType;
  /** Buffered media beyond which streamLatencyPressure is raised; 0 never. Default 0. */
  readonly maxLatencyMs?: number;
  /** Length of fragments without key frame fragmentation, 1 … 30 s. Default 2 s. */
  readonly fragmentDurationMs?: number;
  /**
   * Nanoseconds per timecode unit, 100 … 1 000 000 000; 0 is the default, 1 ms. Below 100 000 its
   * smallest multiple from there on is used: fragments of a second would not fit otherwise.
   */
  readonly timecodeScaleNs?: number;
  /** A fragment begins with each key frame. Default true. */
  readonly keyFrameFragmentation?: boolean;
  /** True: the frames' own times; false: the time at which each was put. Default true. */
  readonly frameTimecodes?: boolean;
  /**
   * Frames' times come from the machine's clock, which may be wrong: `report` tells it, `correct`
   * also sets right what was not sent yet and what follows. Default ignore: times are anybody's.
   */
  readonly clockErrors?: 'ignore' | 'report' | 'correct';
  /** True: times are since the epoch; false: since the stream's first frame. Default true. */
  readonly absoluteFragmentTimes?: boolean;
  /** The service acknowledges fragments. Default true. */
  readonly fragmentAcks?: boolean;
  /** Connects again after errors. Default true. */
  readonly restartOnError?: boolean;
  /** Rates are measured for metrics. Default true. */
  readonly recalculateMetrics?: boolean;
  /** Creates the stream if there is none. Default true. */
  readonly allowStreamCreation?: boolean;
  /** NAL_ADAPTATION flags; by default the description and the data decide. */
  readonly nalAdaptationFlags?: number;
  /** Expected frames per second, for times that are missing; 0 is 24. Default 25. */
  readonly frameRate?: number;
  /** Expected bits per second: what the transfer rate starts from. Default 4 Mi. */
  readonly avgBandwidthBps?: number;
  /** Media kept until it is acknowledged; 0 is 20 s. Default 120 s. */
  readonly bufferDurationMs?: number;
  /** Media sent again after a lost connection, at most the buffer. Default 40 s. */
  readonly replayDurationMs?: number;
  /** Time without acknowledgement after which a connection is taken for dead; 0 never. 30 s. */
  readonly connectionStalenessMs?: number;
  /** What goes when the store is full. Default `fragment`, and always that in near-realtime. */
  readonly dropPolicy?: DropPolicy;
  /**
   * Frames kept at most, unlimited by default; in near-realtime fragments, bufferDurationMs /
   * fragmentDurationMs by default. More than 10.
   */
  readonly maxViewItems?: number;
  /** 16 bytes; random by default. */
  readonly segmentUid?: Uint8Array;
  /** 1 to 3 tracks at first; default one track 1 `kinesis_video`. addTrack brings others. */
  readonly trackInfoList?: readonly TrackInfo[];
  /**
   * Tracks may still be added: how long the first fragment, and the creation of the stream, wait
   * for them, unless noMoreTracks is called before. Default 0: all tracks are known.
   */
  readonly moreTracksWaitMs?: number;
  /** How long the first fragment waits for tracks that have not shown themselves. Default 2 s. */
  readonly trackWaitMs?: number;
  /** How long a frame waits for the other tracks' at most. Default 1 s. */
  readonly interleaveWaitMs?: number;
};

/** A StreamInfo with every default filled in and everything checked. */
export type ResolvedStreamInfo = Omit<
  Required<StreamInfo>,
  | 'streamName'
  | 'streamArn'
  | 'kmsKeyId'
  | 'contentType'
  | 'nalAdaptationFlags'
  | 'maxViewItems'
  | 'spoolDirectory'
  | 'spoolKeyFile'
> & {
  readonly streamName: string | undefined;
  readonly streamArn: string | undefined;
  readonly kmsKeyId: string | undefined;
  readonly contentType: string | undefined;
  readonly nalAdaptationFlags: number | undefined;
  readonly maxViewItems: number | undefined;
  readonly spoolDirectory: string | undefined;
  readonly spoolKeyFile: string | undefined;
};

/** What has no default. */
type OptionalKeys =
  | 'streamName'
  | 'streamArn'
  | 'kmsKeyId'
  | 'contentType'
  | 'nalAdaptationFlags'
  | 'maxViewItems'
  | 'spoolDirectory'
  | 'spoolKeyFile';

const STREAM_NAME = /^[a-zA-Z0-9_.-]+$/;
const STREAM_ARN = /^arn:[a-z\d-]+:kinesisvideo:[a-z0-9-]+:[0-9]+:[a-z]+\/[a-zA-Z0-9_.-]+\/[0-9]+$/;
const NAME_LETTERS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const RANDOM_NAME_LENGTH = 16;
const DEFAULT_FRAME_RATE = 24;

/** AWS's defaults of a StreamDefinition. */
export const STREAM_DEFAULTS = {
  retentionHours: 1,
  updateRetention: false,
  tags: {},
  streamingType: 'realtime',
  maxLatencyMs: 0,
  fragmentDurationMs: 2_000,
  timecodeScaleNs: 1_000_000,
  keyFrameFragmentation: true,
  frameTimecodes: true,
  clockErrors: 'ignore',
  absoluteFragmentTimes: true,
  fragmentAcks: true,
  restartOnError: true,
  recalculateMetrics: true,
  allowStreamCreation: true,
  frameRate: 25,
  avgBandwidthBps: 4 * 1024 * 1024,
  bufferDurationMs: 120_000,
  replayDurationMs: 40_000,
  connectionStalenessMs: 30_000,
  dropPolicy: 'fragment',
  trackInfoList: [{ trackId: 1, trackName: 'kinesis_video', kind: 'video' }],
  moreTracksWaitMs: 0,
  trackWaitMs: 2_000,
  interleaveWaitMs: 1_000,
  ...SPOOL_DEFAULTS,
} as const satisfies StreamInfo;

/**
 * Fills in the defaults and checks everything.
 * @throws KvsError that names the field, its value and the limit.
 */
export function resolveStreamInfo(info: StreamInfo, random: Random): ResolvedStreamInfo {
  const given: Required<Omit<StreamInfo, OptionalKeys | 'segmentUid'>> & StreamInfo = {
    ...STREAM_DEFAULTS,
    ...definedOf(info),
  };
  const isOffline = given.streamingType === 'offline';
  const isNearRealtime = given.streamingType === 'near-realtime';
  const bufferDurationMs = given.bufferDurationMs || STREAM_LIMITS.defaultBufferDurationMs;
  const resolved: ResolvedStreamInfo = {
    ...given,
    streamName: nameOf(info, random),
    streamArn: info.streamArn || undefined,
    kmsKeyId: info.kmsKeyId || undefined,
    contentType: info.contentType || undefined,
    nalAdaptationFlags: info.nalAdaptationFlags,
    spoolDirectory: info.spoolDirectory || undefined,
    spoolKeyFile: info.spoolKeyFile || undefined,
    maxViewItems:
      info.maxViewItems ??
      (isNearRealtime ? Math.floor(bufferDurationMs / given.fragmentDurationMs) : undefined),
    dropPolicy: isNearRealtime ? 'fragment' : given.dropPolicy,
    segmentUid: info.segmentUid ?? randomBytes(random, STREAM_LIMITS.segmentUidBytes),
    timecodeScaleNs: given.timecodeScaleNs || STREAM_DEFAULTS.timecodeScaleNs,
    frameRate: given.frameRate || DEFAULT_FRAME_RATE,
    bufferDurationMs,
    replayDurationMs: Math.min(bufferDurationMs, given.replayDurationMs),
    // A file may be late and its acknowledgements slow: neither is a fault (upstream).
    maxLatencyMs: isOffline ? 0 : given.maxLatencyMs,
    connectionStalenessMs: isOffline ? 0 : given.connectionStalenessMs,
  };
  checkNames(resolved);
  checkOneOf('streamingType', resolved.streamingType, ['realtime', 'near-realtime', 'offline']);
  checkOneOf('dropPolicy', resolved.dropPolicy, ['fragment', 'frame', 'key-frames']);
  checkRetention(resolved);
  checkAmounts(resolved);
  checkTracks(resolved.trackInfoList);
  checkSpool(resolved);
  checkOffline(resolved);
  return resolved;
}

function definedOf(info: StreamInfo): StreamInfo {
  return Object.fromEntries(Object.entries(info).filter(([, value]) => value !== undefined));
}

function nameOf({ streamName, streamArn }: StreamInfo, random: Random): string | undefined {
  if (streamName !== undefined && streamName !== '') return streamName;
  if (streamArn !== undefined && streamArn !== '') return undefined;
  let name = '';
  while (name.length < RANDOM_NAME_LENGTH) {
    name += NAME_LETTERS[Math.floor(random() * NAME_LETTERS.length)];
  }
  return name;
}

function randomBytes(random: Random, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => Math.floor(random() * 256));
}

/** @throws KvsError for a name that KVS does not take */
export function checkStreamName(streamName: string): void {
  const code = 'STATUS_INVALID_STREAM_NAME_LENGTH';
  checkLength('streamName', streamName, STREAM_LIMITS.streamNameBytes, code, 1);
  if (!STREAM_NAME.test(streamName)) {
    throw new KvsError(
      'STATUS_INVALID_ARG',
      `streamName "${streamName}" has characters that KVS does not accept`,
      { advice: 'Use letters, digits, underscore, dot and hyphen only.' },
    );
  }
}

function checkNames(info: ResolvedStreamInfo): void {
  const { streamName, streamArn, kmsKeyId, contentType, segmentUid } = info;
  if (streamName !== undefined) checkStreamName(streamName);
  if (streamArn !== undefined) {
    checkLength('streamArn', streamArn, STREAM_LIMITS.streamArnBytes, 'STATUS_INVALID_ARG_LEN', 1);
    if (!STREAM_ARN.test(streamArn)) {
      throw new KvsError(
        'STATUS_INVALID_ARG',
        `streamArn "${streamArn}" is not the ARN of a stream`,
        {
          advice:
            'It looks like arn:aws:kinesisvideo:us-west-2:123456789012:stream/name/1234567890.',
        },
      );
    }
  }
  checkLength('kmsKeyId', kmsKeyId ?? '', STREAM_LIMITS.kmsKeyIdBytes, 'STATUS_INVALID_ARG_LEN');
  const code = 'STATUS_MKV_INVALID_CONTENT_TYPE_LENGTH';
  checkLength('contentType', contentType ?? '', STREAM_LIMITS.contentTypeBytes, code);
  checkTags('tags', info.tags, STREAM_LIMITS);
  if (segmentUid.length !== STREAM_LIMITS.segmentUidBytes) {
    throw new KvsError(
      'STATUS_MKV_INVALID_SEGMENT_UUID',
      `segmentUid has ${segmentUid.length} bytes; ${STREAM_LIMITS.segmentUidBytes} are needed`,
    );
  }
}

function checkRetention({ retentionHours }: ResolvedStreamInfo): void {
  const code = 'STATUS_INVALID_RETENTION_PERIOD';
  checkRange('retentionHours', retentionHours, 0, STREAM_LIMITS.maxRetentionHours, code);
  if (Number.isInteger(retentionHours)) return;
  throw new KvsError(
    code,
    `retentionHours is ${retentionHours}; the service accepts only whole hours`,
  );
}

function checkAmounts(info: ResolvedStreamInfo): void {
  checkRange(
    'timecodeScaleNs',
    info.timecodeScaleNs,
    STREAM_LIMITS.minTimecodeScaleNs,
    STREAM_LIMITS.maxTimecodeScaleNs,
    'STATUS_MKV_INVALID_TIMECODE_SCALE',
  );
  if (!Number.isInteger(info.timecodeScaleNs)) {
    throw new KvsError(
      'STATUS_MKV_INVALID_TIMECODE_SCALE',
      `timecodeScaleNs is ${info.timecodeScaleNs}; a whole number is needed`,
    );
  }
  if (!info.keyFrameFragmentation || info.streamingType === 'near-realtime') {
    // Elsewhere the value is not used, and command lines carry any.
    checkRange(
      'fragmentDurationMs',
      info.fragmentDurationMs,
      STREAM_LIMITS.minFragmentDurationMs,
      STREAM_LIMITS.maxFragmentDurationMs,
      'STATUS_MKV_INVALID_CLUSTER_DURATION',
    );
  }
  for (const key of [
    'maxLatencyMs',
    'fragmentDurationMs',
    'frameRate',
    'avgBandwidthBps',
    'bufferDurationMs',
    'replayDurationMs',
    'connectionStalenessMs',
    'moreTracksWaitMs',
    'trackWaitMs',
    'interleaveWaitMs',
  ] as const) {
    checkAmount(key, info[key]);
  }
  checkViewItems(info);
  if (info.nalAdaptationFlags !== undefined) checkNalAdaptation(info.nalAdaptationFlags);
}

function checkViewItems(info: ResolvedStreamInfo): void {
  const { maxViewItems, streamingType, bufferDurationMs, fragmentDurationMs } = info;
  if (maxViewItems === undefined || maxViewItems > STREAM_LIMITS.minViewItems) return;
  const items =
    streamingType === 'near-realtime'
      ? `The buffer has room for ${maxViewItems} fragments (bufferDurationMs ${bufferDurationMs}, fragmentDurationMs ${fragmentDurationMs})`
      : `maxViewItems is ${maxViewItems}`;
  throw new KvsError(
    'STATUS_MIN_CONTENT_VIEW_ITEMS',
    `${items}; more than ${STREAM_LIMITS.minViewItems} are needed`,
  );
}

function checkTracks(tracks: readonly TrackInfo[]): void {
  if (tracks.length === 0) {
    throw new KvsError('STATUS_TRACK_INFO_MISSING', 'trackInfoList is empty; 1 to 3 are needed');
  }
  if (tracks.length > STREAM_LIMITS.trackCount) {
    throw new KvsError(
      'STATUS_MAX_TRACK_COUNT_EXCEEDED',
      `trackInfoList has ${tracks.length} tracks; KVS accepts at most ${STREAM_LIMITS.trackCount}`,
    );
  }
  const ids = new Set<number>();
  for (const track of tracks) {
    checkTrack(track);
    const { trackId } = track;
    if (ids.has(trackId)) {
      throw new KvsError('STATUS_DUPLICATE_TRACK_ID_FOUND', `Two tracks have the id ${trackId}`);
    }
    ids.add(trackId);
  }
}

/** @throws KvsError for an id or a name that no track may have. */
export function checkTrack({ trackId, trackName }: TrackInfo): void {
  if (!Number.isSafeInteger(trackId) || trackId < 1) {
    throw new KvsError(
      'STATUS_MKV_INVALID_TRACK_UID',
      `trackId is ${trackId}; a whole number of at least 1 is needed`,
    );
  }
  const code = 'STATUS_MKV_INVALID_TRACK_NAME_LENGTH';
  checkLength(`trackName of track ${trackId}`, trackName, STREAM_LIMITS.trackNameBytes, code);
}

function checkOffline({ streamingType, retentionHours, fragmentAcks }: ResolvedStreamInfo): void {
  if (streamingType !== 'offline' || (retentionHours > 0 && fragmentAcks)) return;
  throw new KvsError(
    'STATUS_OFFLINE_MODE_WITH_ZERO_RETENTION',
    `Offline streaming waits for fragments to be persisted; retentionHours is ${retentionHours} and fragmentAcks ${fragmentAcks}`,
    { advice: 'Set a retention of at least one hour and fragmentAcks, or stream in realtime.' },
  );
}
