import { AWS_TEXTS } from './aws-texts.ts';

/**
 * The exceptions of the API reference ("Errors" of each action, and
 * https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/CommonErrors.html) with the HTTP status that
 * AWS's service models give them.
 */
const SERVICE_ERRORS = {
  AccountStreamLimitExceededException: 400,
  ClientLimitExceededException: 400,
  ConnectionLimitExceededException: 400,
  DeviceStreamLimitExceededException: 400,
  ExpiredTokenException: 403,
  IncompleteSignatureException: 403,
  InternalFailure: 500,
  InvalidArgumentException: 400,
  InvalidCodecPrivateDataException: 400,
  InvalidMediaFrameException: 400,
  InvalidResourceFormatException: 400,
  InvalidSignatureException: 403,
  MissingAuthenticationTokenException: 403,
  MissingCodecPrivateDataException: 400,
  NoDataRetentionException: 400,
  NotAuthorizedException: 401,
  RequestEntityTooLargeException: 413,
  ResourceInUseException: 400,
  ResourceNotFoundException: 404,
  SerializationException: 400,
  ServiceUnavailable: 503,
  StreamEdgeConfigurationNotFoundException: 404,
  TagsPerResourceExceededLimitException: 400,
  UnknownOperationException: 404,
  UnrecognizedClientException: 403,
  UnsupportedStreamMediaTypeException: 400,
  VersionMismatchException: 400,
} as const;

/** The name of an exception as it goes out in `x-amzn-ErrorType`. */
export type ServiceErrorName = keyof typeof SERVICE_ERRORS;

export type ServiceErrorOptions = ErrorOptions & {
  /** What AWS says in this case, where the message says more. */
  readonly awsText?: string;
};

/**
 * An answer other than 200: what an operation throws when it refuses a request. The message, which
 * may say more than AWS does, is for the log and the page.
 */
export class ServiceError extends Error {
  /** Goes out as `x-amzn-ErrorType`, which is what the SDKs map to exception classes. */
  readonly errorType: ServiceErrorName;
  /** HTTP status. */
  readonly status: number;
  /** What the API's clients are told. */
  readonly awsText: string;

  constructor(errorType: ServiceErrorName, message: string, options?: ServiceErrorOptions) {
    super(message, options);
    this.name = 'ServiceError';
    this.errorType = errorType;
    this.status = SERVICE_ERRORS[errorType];
    this.awsText = options?.awsText ?? AWS_TEXTS[errorType] ?? message;
  }
}
