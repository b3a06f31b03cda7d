export type {
  CredentialProperties,
  IotCertificate,
} from './aws/credentials/credential-settings.ts';
export type { AwsCredentials, CredentialProvider } from './aws/signing/aws-credentials.ts';
export {
  KvsError,
  type KvsErrorOptions,
  type ServiceFailure,
  type ServiceFailureKind,
} from './errors/kvs-error.ts';
export { STATUS, type StatusName, type StatusRow } from './errors/status.ts';
export type { TrackDescription } from './media/codec/codec-adapter.ts';
export { NAL_ADAPTATION } from './media/nal/nal-adaptation.ts';
export type { Emitter, EventMap } from './producer/events/emitter.ts';
export type {
  BitrateAdvice,
  DroppedFragment,
  DroppedFrames,
  Preventable,
  ProducerEvents,
  StreamEvents,
} from './producer/events/events.ts';
export type { ClientMetrics, StreamMetrics, TimestampCounters } from './producer/events/metrics.ts';
export type {
  ClientInfo,
  DeviceInfo,
  ResolvedClientInfo,
  ResolvedDeviceInfo,
  StorageInfo,
} from './producer/info/device-info.ts';
export type { EventKind, EventMetadata } from './producer/info/event-metadata.ts';
export type { Frame } from './producer/info/frame.ts';
export type { MediaSink, MediaSource, SourceFrame } from './producer/info/media-source.ts';
export type { ProducerOptions } from './producer/info/producer-options.ts';
export type { RetryStrategy } from './producer/info/retry-strategy.ts';
export type { SpoolInfo } from './producer/info/spool-info.ts';
export type { ResolvedStreamInfo, StreamInfo, StreamingType } from './producer/info/stream-info.ts';
export type { TrackInfo } from './producer/info/track-info.ts';
export { KinesisVideoProducer } from './producer/producer.ts';
export { KinesisVideoStream, type StreamState } from './producer/stream.ts';
export type { BackoffOptions } from './putmedia/backoff.ts';
export type { ConnectionState, FragmentAck } from './putmedia/uploader-api.ts';
export type { AbortSignalLike } from './runtime/abort-signal-like.ts';
export { type Clock, type Random, systemClock, type Timer } from './runtime/clock.ts';
export {
  createLogger,
  LOGGER_LEVELS,
  type LoggerLevel,
  type LoggerOptions,
} from './runtime/create-logger.ts';
export { type LogFields, type Logger, silentLogger } from './runtime/logger.ts';
export { type PinoLike, pinoLogger } from './runtime/pino-logger.ts';
export type { SpoolState, SpoolStatus } from './spool/progress.ts';
export type { SpoolPolicy, SpoolSync } from './spool/settings.ts';
export type { DropReason } from './storage/stored-fragment.ts';
export type { DropPolicy } from './storage/view-options.ts';
