import type { StreamingType } from '../../producer/info/types.ts';
import { LOG_LEVELS, type LogLevel } from '../log/log-level.ts';
import type { FrameTimestampMode, TimestampSettings } from '../times/timestamps.ts';
import type { ElementConfig } from '../wire/wire.ts';
import { Properties } from './properties.ts';

/** How a loss at the end is told. */
export type OnLoss = 'error' | 'warning';

/** Static keys of the properties; which source wins is decided in src/aws. */
export type CredentialProperties = {
  readonly accessKey: string | undefined;
  readonly secretKey: string | undefined;
  readonly sessionToken: string | undefined;
  /** Path of the credential file. */
  readonly credentialPath: string | undefined;
  /** Fields of the iot-certificate structure. */
  readonly iotCertificate: Readonly<Record<string, string | number | boolean>> | undefined;
  readonly iotThingName: string | undefined;
  /** A profile of ~/.aws, and a role to take on; from kvs-launch's options. */
  readonly profile: string | undefined;
  readonly roleArn: string | undefined;
  readonly rotationPeriodS: number;
};

/**
 * An element's properties, each converted once: the unit of every duration is in its name.
 * Defaults are those of upstream's kvssink 3.6.0.
 */
export type ElementSettings = {
  /** Name of the element in its pipeline. */
  readonly element: string;
  /** undefined when neither name nor ARN was given: an error that open reports. */
  readonly streamName: string | undefined;
  readonly streamArn: string | undefined;
  readonly region: string | undefined;
  readonly endpoint: string | undefined;
  readonly caFile: string | undefined;
  readonly kmsKeyId: string | undefined;
  readonly userAgent: string | undefined;
  readonly credentials: CredentialProperties;
  readonly streamingType: StreamingType;
  readonly retentionHours: number;
  readonly contentType: string | undefined;
  readonly codecId: string | undefined;
  readonly trackName: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly fragmentMetadata: Readonly<Record<string, string>>;
  readonly maxLatencyMs: number;
  readonly fragmentDurationMs: number;
  readonly timecodeScaleMs: number;
  readonly keyFrameFragmentation: boolean;
  readonly frameTimecodes: boolean;
  readonly absoluteFragmentTimes: boolean;
  /** What is done when the machine's clock turns out to be wrong; ignored where times are not its. */
  readonly clockErrors: 'ignore' | 'report' | 'correct';
  /** What it is on the bus when the end of the stream finds frames that were not acknowledged. */
  readonly onLoss: OnLoss;
  readonly fragmentAcks: boolean;
  readonly restartOnError: boolean;
  readonly recalculateMetrics: boolean;
  readonly allowCreateStream: boolean;
  readonly framerate: number;
  readonly avgBandwidthBps: number;
  readonly bufferDurationMs: number;
  readonly replayDurationMs: number;
  readonly connectionStalenessMs: number;
  readonly storageBytes: number;
  readonly stopStreamTimeoutMs: number;
  readonly connectionTimeoutMs: number;
  readonly completionTimeoutMs: number;
  readonly useOriginalPts: boolean;
  readonly getKvsMetrics: boolean;
  /** 0: no metrics at an interval. */
  readonly metricsIntervalMs: number;
  readonly allowInsecureHttp: boolean;
  /** log4cplus properties file, for its level and file appender. */
  readonly logConfig: string | undefined;
  readonly timestamps: TimestampSettings;
  /** Lines below this level are not sent to the element. */
  readonly logLevel: LogLevel;
};

const STREAMING_TYPES: readonly StreamingType[] = ['realtime', 'near-realtime', 'offline'];
const ON_LOSS: readonly OnLoss[] = ['error', 'warning'];
const FRAME_TIMESTAMPS: readonly FrameTimestampMode[] = [
  'pts-only',
  'dts-only',
  'default-timestamp',
];

const MIB = 1024 * 1024;
export const DEFAULT_STOP_TIMEOUT_S = 120;
const DEFAULT_FRAMERATE = 25;
/** Upstream raises the view to this many frames a second when there is audio. */
const MIN_AUDIO_FRAMERATE = 100;

/** Turns OPEN's properties into settings. Never throws: what is wrong is reported when it is used. */
export function readSettings(config: ElementConfig): ElementSettings {
  const properties = new Properties(config.properties);
  const seconds = (name: string, fallback: number): number =>
    properties.number(name, fallback) * 1000;
  // 0 is upstream's "default" where no time at all would let nothing happen.
  const nonZeroSeconds = (name: string, fallback: number): number =>
    seconds(name, fallback) || fallback * 1000;
  const completionTimeoutMs = nonZeroSeconds('completion-timeout', 10);
  const streamingType = properties.choice('streaming-type', STREAMING_TYPES, 'realtime');
  const hasAudio = config.pads.some((pad) => pad.kind === 'audio');
  const hasVideo = config.pads.some((pad) => pad.kind === 'video');
  const audioOnly = hasAudio && !hasVideo;
  const framerate = properties.number('framerate', DEFAULT_FRAMERATE) || DEFAULT_FRAMERATE;
  const hasClockTimes = streamingType !== 'offline' && !properties.flag('use-original-pts', false);
  const fileStartTimeS = properties.bigint('file-start-time', 0n);
  return {
    element: config.element,
    streamName: properties.text('stream-name'),
    streamArn: properties.text('stream-arn'),
    region: properties.text('aws-region'),
    endpoint: properties.text('endpoint'),
    caFile: properties.text('ca-file'),
    kmsKeyId: properties.text('kms-key-id'),
    userAgent: properties.text('user-agent'),
    credentials: readCredentials(properties),
    streamingType,
    retentionHours: properties.number('retention-period', 2),
    contentType: properties.text('content-type'),
    // The default is H.264's, and says nothing about a track that is something else.
    codecId: properties.unlessSentinel('codec-id', 'V_MPEG4/ISO/AVC'),
    // Upstream names the track of an audio-only stream `audio`, whatever the property says.
    trackName: audioOnly ? 'audio' : (properties.text('track-name') ?? 'kinesis_video'),
    tags: textFields(properties.structure('stream-tags')),
    fragmentMetadata: textFields(properties.structure('fragment-metadata')),
    maxLatencyMs: seconds('max-latency', 60),
    fragmentDurationMs: properties.number('fragment-duration', 2000),
    timecodeScaleMs: properties.number('timecode-scale', 1) || 1,
    keyFrameFragmentation: !audioOnly && properties.flag('key-frame-fragmentation', true),
    frameTimecodes: properties.flag('frame-timecodes', true),
    // Offline with a start time has absolute times by definition, as upstream forces it.
    absoluteFragmentTimes:
      properties.flag('absolute-fragment-times', true) ||
      (streamingType === 'offline' && fileStartTimeS !== 0n),
    clockErrors: clockErrors(hasClockTimes, properties.flag('correct-clock', true)),
    onLoss: properties.choice('on-loss', ON_LOSS, 'error'),
    fragmentAcks: properties.flag('fragment-acks', true),
    restartOnError: properties.flag('restart-on-error', true),
    recalculateMetrics: properties.flag('recalculate-metrics', true),
    allowCreateStream: properties.flag('allow-create-stream', true),
    framerate: hasAudio ? Math.max(framerate, MIN_AUDIO_FRAMERATE) : framerate,
    avgBandwidthBps: properties.number('avg-bandwidth-bps', 4 * MIB),
    bufferDurationMs: seconds('buffer-duration', 120),
    replayDurationMs: seconds('replay-duration', 40),
    connectionStalenessMs: seconds('connection-staleness', 60),
    storageBytes: properties.number('storage-size', 128) * MIB,
    stopStreamTimeoutMs: nonZeroSeconds('stop-stream-timeout', DEFAULT_STOP_TIMEOUT_S),
    // A connection is a part of a call.
    connectionTimeoutMs: Math.min(nonZeroSeconds('connection-timeout', 5), completionTimeoutMs),
    completionTimeoutMs,
    useOriginalPts: properties.flag('use-original-pts', false),
    getKvsMetrics: properties.flag('get-kvs-metrics', false),
    metricsIntervalMs: properties.number('metrics-interval', 1000),
    allowInsecureHttp: properties.flag('allow-insecure-http', false),
    logConfig: properties.text('log-config'),
    timestamps: {
      streamingType,
      fileStartTimeS,
      frameTimestamp: properties.choice('frame-timestamp', FRAME_TIMESTAMPS, 'default-timestamp'),
      frameIntervalNs: BigInt(Math.round(1e9 / framerate)),
    },
    logLevel: properties.choice('log-level', LOG_LEVELS, 'info'),
  };
}

function clockErrors(hasClockTimes: boolean, corrects: boolean): ElementSettings['clockErrors'] {
  if (!hasClockTimes) return 'ignore';
  return corrects ? 'correct' : 'report';
}

/** Upstream's defaults are texts that stand for "not set". */
function readCredentials(properties: Properties): CredentialProperties {
  const accessKey = properties.unlessSentinel('access-key', 'access_key');
  return {
    accessKey,
    // Only looked at together with an access key, as upstream does.
    secretKey: accessKey === undefined ? undefined : properties.text('secret-key'),
    sessionToken: properties.unlessSentinel('session-token', 'session_token'),
    credentialPath: properties.text('credential-path'),
    iotCertificate: properties.structure('iot-certificate'),
    iotThingName: properties.text('iot-thing-name'),
    profile: properties.text('aws-profile'),
    roleArn: properties.text('role-arn'),
    rotationPeriodS: properties.number('rotation-period', 3600),
  };
}

function textFields(
  structure: Readonly<Record<string, string | number | boolean>> | undefined,
): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const [name, value] of Object.entries(structure ?? {})) fields[name] = String(value);
  return fields;
}
