/** What an ERROR acknowledgement of PutMedia says as ErrorId. */
export type AckErrorId =
  | (
      | 4000
      | 4001
      | 4002
      | 4003
      | 4004
      | 4005
      | 4006
      | 4007
      | 4008
      | 4009
      | 4010
      | 4011
      | 4012
      | 4013
    )
  | (4500 | 4501 | 4502 | 4503 | 4504 | 4505 | 4506 | 4507)
  | (5000 | 5001);

/**
 * Error acks of PutMedia by the names that AWS sends as ErrorCode:
 * https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/API_dataplane_PutMedia.html
 */
export const ACK_ERRORS = {
  STREAM_READ_ERROR: 4000,
  MAX_FRAGMENT_SIZE_REACHED: 4001,
  MAX_FRAGMENT_DURATION_REACHED: 4002,
  MAX_CONNECTION_DURATION_REACHED: 4003,
  FRAGMENT_TIMECODE_LESSER_THAN_PREVIOUS: 4004,
  MORE_THAN_ONE_TRACK_FOUND: 4005,
  INVALID_MKV_DATA: 4006,
  INVALID_PRODUCER_TIMESTAMP: 4007,
  STREAM_NOT_ACTIVE: 4008,
  FRAGMENT_METADATA_LIMIT_REACHED: 4009,
  TRACK_NUMBER_MISMATCH: 4010,
  FRAMES_MISSING_FOR_TRACK: 4011,
  MORE_THAN_ALLOWED_TRACKS_FOUND: 4012,
  // AWS documents the name alone: https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/limits.html
  MIN_FRAGMENT_DURATION_REACHED: 4013,
  KMS_KEY_ACCESS_DENIED: 4500,
  KMS_KEY_DISABLED: 4501,
  KMS_KEY_VALIDATION_ERROR: 4502,
  KMS_KEY_UNAVAILABLE: 4503,
  KMS_KEY_INVALID_USAGE: 4504,
  KMS_KEY_INVALID_STATE: 4505,
  KMS_KEY_NOT_FOUND: 4506,
  STREAM_DELETED: 4507,
  INTERNAL_ERROR: 5000,
  ARCHIVAL_ERROR: 5001,
} as const satisfies Record<string, AckErrorId>;

/** What an ERROR ack says as ErrorCode. */
export type AckErrorCode = keyof typeof ACK_ERRORS;

/** The name of an error. */
export function codeOfErrorId(errorId: AckErrorId): AckErrorCode {
  const codes = Object.keys(ACK_ERRORS) as AckErrorCode[];
  return codes.find((code) => ACK_ERRORS[code] === errorId) ?? 'INTERNAL_ERROR';
}
