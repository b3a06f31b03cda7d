import type { CredentialProperties } from '../../aws/credentials/credential-settings.ts';
import { SharedParts } from '../../aws/shared-parts.ts';
import { KvsError } from '../../errors/kvs-error.ts';
import type { Frame } from '../../producer/info/frame.ts';
import type { ProducerOptions } from '../../producer/info/producer-options.ts';
import type { StreamInfo } from '../../producer/info/stream-info.ts';
import { KinesisVideoProducer } from '../../producer/producer.ts';
import type { KinesisVideoStream } from '../../producer/stream.ts';
import type { Clock } from '../../runtime/clock.ts';
import { combineLoggers } from '../../runtime/combine-loggers.ts';
import type { Logger } from '../../runtime/logger.ts';
import { readLogConfig } from '../log/log-config.ts';
import { withTextLog } from '../log/text-log.ts';
import type { ElementSettings } from '../settings/element-settings.ts';
import type { CredentialOverrides } from './credential-overrides.ts';
import { FRAME_DUMP_VARIABLE, withFrameDump } from './frame-dump.ts';
import { structureMetrics } from './stream-metrics.ts';
import type { OpenStream, StreamPlan, StreamPort, StreamPortEvents } from './stream-port.ts';

/**
 * Makes the core's streams for elements. Each element has a producer of its own, and so a content
 * store of its own: `storage-size` is a property of the element, and one camera's backlog never
 * takes another's memory. The store costs memory only as it fills. Their ways to AWS share what can
 * be shared.
 * @param producerOptions for tests that have no service.
 */
export function streamOpener(
  env: Readonly<Record<string, string | undefined>>,
  clock: Clock,
  overrides: CredentialOverrides = {},
  processLog?: Logger,
  producerOptions: Pick<ProducerOptions, 'access' | 'createUploader'> = {},
): OpenStream {
  const shared = new SharedParts();
  return (settings, plan, events, log) => {
    const logger = streamLogger(settings, log, processLog);
    const producer = new KinesisVideoProducer({
      deviceInfo: { storageInfo: settings.storage, clientInfo: settings.client },
      credentials: credentialsFor(settings, overrides),
      ...settings.connection,
      env,
      clock,
      logger,
      shared,
      ...producerOptions,
    });
    try {
      const stream = producer.createStream(streamInfo(settings, plan));
      report(stream, events);
      for (const [name, value] of Object.entries(settings.host.fragmentMetadata)) {
        stream.putFragmentMetadata(name, value, true);
      }
      const port = streamPort(producer, stream);
      return env[FRAME_DUMP_VARIABLE] === undefined ? port : withFrameDump(port, logger);
    } catch (error) {
      producer.close();
      throw error;
    }
  };
}

/** How credentials are found; the stream's name is the IoT thing's where no other is given. */
export function credentialsFor(
  settings: Pick<ElementSettings, 'credentials' | 'stream'>,
  overrides: CredentialOverrides = {},
): CredentialProperties {
  const { credentials } = settings;
  const { streamArn, streamName } = settings.stream;
  // arn:aws:kinesisvideo:REGION:ACCOUNT:stream/NAME/CREATION-TIME
  const nameInArn = streamArn?.split('/')[1];
  return {
    ...credentials,
    ...overrides,
    iotThingName: credentials.iotThingName ?? nameInArn ?? streamName,
  };
}

/** GStreamer's debug log, the process's log of JSON lines, and the file of `log-config`. */
function streamLogger(
  { host: { logConfig } }: ElementSettings,
  element: Logger,
  processLog: Logger | undefined,
): Logger {
  const logger = processLog === undefined ? element : combineLoggers(element, processLog);
  const config = logConfig === undefined ? undefined : readLogConfig(logConfig);
  return config === undefined ? logger : withTextLog(logger, config);
}

/** Nanoseconds since the epoch have 63 bits in GStreamer, and in everything that reads Matroska. */
const MAX_START_TIME_S = (2n ** 63n - 1n) / 1_000_000_000n;

/**
 * The stream as the element's properties describe it.
 * @throws KvsError STATUS_INVALID_ARG for a start that no timestamp can hold.
 */
function streamInfo(settings: ElementSettings, plan: StreamPlan): StreamInfo {
  const { streamName, ...stream } = settings.stream;
  const { fileStartTimeS } = settings.host.timestamps;
  if (stream.streamingType === 'offline' && fileStartTimeS > MAX_START_TIME_S) {
    throw new KvsError(
      'STATUS_INVALID_ARG',
      `file-start-time is ${fileStartTimeS}; at most ${MAX_START_TIME_S} s are allowed`,
      { advice: 'Set it to seconds since 1970.' },
    );
  }
  return {
    ...stream,
    // An ARN names the stream by itself, whatever the name's default is.
    ...(streamName === undefined || stream.streamArn !== undefined ? {} : { streamName }),
    trackInfoList: plan.tracks,
    moreTracksWaitMs: plan.moreTracksWaitMs,
  };
}

function report(stream: KinesisVideoStream, events: StreamPortEvents): void {
  stream.on('streamReady', ({ streamArn }) => events.ready(streamArn));
  stream.on('connectionState', (state) => events.connection(state));
  stream.on('fragmentAck', ({ ack, session, latencyMs }) =>
    events.ack(ack, { session, latencyMs }),
  );
  stream.on('droppedFrame', (drop) => events.droppedFrames(drop));
  stream.on('droppedFragment', (drop) => events.droppedFragment(drop));
  stream.on('storageOverflowPressure', ({ remainingBytes }) =>
    events.pressure({ kind: 'storage', remaining: BigInt(remainingBytes) }),
  );
  stream.on('bufferDurationOverflowPressure', ({ remainingNs }) =>
    events.pressure({ kind: 'buffer-duration', remaining: remainingNs }),
  );
  stream.on('streamLatencyPressure', ({ bufferedNs }) =>
    events.pressure({ kind: 'latency', durationNs: bufferedNs }),
  );
  stream.on('streamConnectionStale', ({ lastAckAgoMs }) =>
    events.pressure({ kind: 'stale', durationNs: BigInt(Math.round(lastAckAgoMs * 1e6)) }),
  );
  stream.on('spool', (status) => events.spool(status));
  stream.on('fragmentLeft', () => events.fragmentLeft());
  stream.on('clockError', (error) => events.clockError(error));
  stream.on('bitrateAdvice', (advice) => events.bitrateAdvice(advice));
  stream.on('streamError', ({ error, fatal }) => events.error(error, fatal));
  stream.on('streamWarning', ({ warning }) => events.warned(warning));
  stream.on('keyFrameWanted', ({ trackId }) => events.keyFrameWanted(trackId));
  stream.on('streamClosed', () => events.closed());
}

function streamPort(producer: KinesisVideoProducer, stream: KinesisVideoStream): StreamPort {
  /** Events that came before the first frame: they go with the fragment after it. */
  let early: (() => void)[] | undefined = [];
  return {
    addTrack: (info) => stream.addTrack(info),
    removeTrack: (trackId) => stream.removeTrack(trackId),
    noMoreTracks: () => stream.noMoreTracks(),
    setTrackFormat: (trackId, description) => stream.setTrackFormat(trackId, description),
    putFrame: (frame: Frame) => {
      const wait = stream.putFrame(frame);
      if (early !== undefined) {
        const waiting = early;
        early = undefined;
        for (const put of waiting) put();
      }
      return wait;
    },
    setBackPressure: (waits, aheadBytes) => stream.setBackPressure(waits, aheadBytes),
    putFragmentMetadata: (name, value, persistent, position) =>
      stream.putFragmentMetadata(name, value, persistent, position),
    putEventMetadata: (kinds, metadata, position) => {
      try {
        stream.putEventMetadata(kinds, metadata, position);
      } catch (error) {
        const isEarly = error instanceof KvsError && error.code === 'STATUS_STREAM_NOT_STARTED';
        if (!isEarly || early === undefined) throw error;
        early.push(() => stream.putEventMetadata(kinds, metadata, position));
      }
    },
    neededFrom: () => stream.neededFrom,
    gap: (trackId, untilNs) => stream.gap(trackId, untilNs),
    endTrack: (trackId) => stream.endTrack(trackId),
    discontinuity: () => stream.discontinuity(),
    stampsAhead: (aheadMs) => stream.stampsAhead(aheadMs),
    leftOut: (trackId, drop) => stream.leftOut(trackId, drop),
    drain: (timeoutMs) => stream.stop({ timeoutMs }),
    close: () => {
      stream.close();
      producer.close();
      return stream.kept;
    },
    metrics: () => structureMetrics(stream.metrics(), producer.metrics()),
  };
}
