export type { AwsCredentials, CredentialProvider } from './aws/signing/types.ts';
export { KvsError } from './errors/kvs-error.ts';
export { STATUS, type StatusName } from './errors/status.ts';
export type { TrackDescription } from './media/codec/types.ts';
export { NAL_ADAPTATION } from './media/nal/nal-adaptation.ts';
export type {
  DroppedFragment,
  DroppedFrames,
  ProducerEvents,
  StreamEvents,
} from './producer/events/events.ts';
export type { ClientMetrics, StreamMetrics } from './producer/events/metrics.ts';
export type { ClientInfo, DeviceInfo, StorageInfo } from './producer/info/device-info.ts';
export type { ProducerOptions } from './producer/info/producer-options.ts';
export type { RetryStrategy } from './producer/info/retry-strategy.ts';
export type { StreamInfo } from './producer/info/stream-info.ts';
export type {
  EventKind,
  EventMetadata,
  Frame,
  StreamingType,
  TrackInfo,
} from './producer/info/types.ts';
export { KinesisVideoProducer } from './producer/producer.ts';
export { KinesisVideoStream } from './producer/stream.ts';
export type { ConnectionState, FragmentAck } from './putmedia/types.ts';
export { type Clock, type Random, systemClock, type Timer } from './runtime/clock.ts';
export {
  createLogger,
  LOGGER_LEVELS,
  type LoggerLevel,
  type LoggerOptions,
} from './runtime/create-logger.ts';
export { type LogFields, type Logger, silentLogger } from './runtime/logger.ts';
export { type PinoLike, pinoLogger } from './runtime/pino-logger.ts';
