export type { StreamIdentifier } from '../aws/control-plane-api.ts';
export type {
  CredentialProperties,
  IotCertificate,
} from '../aws/credentials/credential-settings.ts';
export type { AwsCredentials, CredentialProvider } from '../aws/signing/aws-credentials.ts';
export type { DecoderName, ImageFormat } from '../decoding/decoder-programs.ts';
export { writePng } from '../decoding/png.ts';
export {
  KvsError,
  type KvsErrorOptions,
  type ServiceFailure,
  type ServiceFailureKind,
} from '../errors/kvs-error.ts';
export { STATUS, type StatusName, type StatusRow } from '../errors/status.ts';
export type { MatroskaTag } from '../matroska/tags.ts';
export type { AbortSignalLike } from '../runtime/abort-signal-like.ts';
export type { Clock, Random, Timer } from '../runtime/clock.ts';
export type { LogFields, Logger } from '../runtime/logger.ts';
export type { PinoLike } from '../runtime/pino-logger.ts';
export type { ConsumerReconnect } from './calls/retries.ts';
export { KinesisVideoConsumer } from './consumer.ts';
export type {
  ArchiveRange,
  ConsumerOptions,
  HlsOptions,
  HlsSession,
  ListedFragment,
  MediaOptions,
  MediaStart,
} from './consumer-options.ts';
export { continuesFile } from './files/file-muxer.ts';
export {
  type Fragments,
  toMatroska,
  toMp4,
  type WritableFile,
  writeMatroska,
  writeMp4,
} from './files/files.ts';
export type {
  ConsumedFragment,
  ConsumedFrame,
  ConsumedTrack,
} from './fragments/consumed-fragment.ts';
export { type FragmentReaderOptions, readFragments } from './fragments/fragment-reader.ts';
export { AnnexB } from './frames/annex-b.ts';
export { writeWav } from './frames/wav.ts';
export {
  type DecodedImage,
  type DecodeImagesOptions,
  decodeImages,
} from './images/decode-images.ts';
