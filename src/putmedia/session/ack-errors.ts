import type { StatusName } from '../../errors/status.ts';

/**
 * What becomes of the fragment, and of the stream:
 * - `retry`: it is sent again in a new session;
 * - `rotate`: as retry, but nothing went wrong, so there is no back-off;
 * - `skip`: the service will never take it: it is given up, the next one goes on in a new session;
 * - `fatal`: no fragment of this stream will be taken until somebody changes something.
 */
export type AckErrorAction = 'retry' | 'rotate' | 'skip' | 'fatal';

/** Upstream's name of an error acknowledgement, which is also the end of its status's name. */
type AckErrorName = StatusName extends infer S
  ? S extends `STATUS_ACK_ERR_${infer Name}`
    ? Name
    : never
  : never;

/** What an error acknowledgement says. */
export type AckError = {
  readonly errorId: number;
  readonly name: AckErrorName;
  readonly status: StatusName;
  readonly action: AckErrorAction;
  /** What it means, after PutMedia's response elements: https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/API_dataplane_PutMedia.html */
  readonly meaning: string;
};

type Row = readonly [number, AckErrorName, AckErrorAction, string];

/**
 * The `fatal` ones are those upstream's element ends on (kvssink 3.6.0, error classes), but for
 * 4503: a key that cannot be reached for a while must not end a camera's stream.
 */
const ROWS: readonly Row[] = [
  [4000, 'STREAM_READ_ERROR', 'retry', 'the service could not read the data'],
  [4001, 'FRAGMENT_SIZE_REACHED', 'skip', 'the fragment is larger than 50 MB'],
  [4002, 'FRAGMENT_DURATION_REACHED', 'skip', 'the fragment is longer than 10 s'],
  [4003, 'CONNECTION_DURATION_REACHED', 'rotate', 'the connection is older than is allowed'],
  [4004, 'FRAGMENT_TIMECODE_NOT_MONOTONIC', 'skip', 'its timecode is not after the previous one'],
  [4005, 'MULTI_TRACK_MKV', 'fatal', 'the stream may have one track only'],
  [4006, 'INVALID_MKV_DATA', 'skip', 'the service could not read it as Matroska'],
  [4007, 'INVALID_PRODUCER_TIMESTAMP', 'fatal', 'the producer timestamp is invalid'],
  [4008, 'STREAM_NOT_ACTIVE', 'fatal', 'the stream is not active, or was deleted'],
  [4009, 'FRAGMENT_METADATA_LIMIT_REACHED', 'skip', 'it has too much metadata'],
  [4010, 'TRACK_NUMBER_MISMATCH', 'fatal', 'a frame belongs to a track that is not in the header'],
  [4011, 'FRAMES_MISSING_FOR_TRACK', 'skip', 'a track in the header has no frame in it'],
  [4012, 'MORE_THAN_ALLOWED_TRACKS_FOUND', 'fatal', 'there are more tracks than allowed'],
  // AWS documents MIN_FRAGMENT_DURATION_REACHED without a number; this is the local service's.
  [4013, 'FRAGMENT_DURATION_REACHED', 'skip', 'the fragment is shorter than the service accepts'],
  [4500, 'KMS_KEY_ACCESS_DENIED', 'fatal', "access to the stream's KMS key is denied"],
  [4501, 'KMS_KEY_DISABLED', 'fatal', "the stream's KMS key is disabled"],
  [4502, 'KMS_KEY_VALIDATION_ERROR', 'fatal', "the stream's KMS key failed validation"],
  [4503, 'KMS_KEY_UNAVAILABLE', 'retry', "the stream's KMS key is unavailable"],
  [4504, 'KMS_KEY_INVALID_USAGE', 'fatal', "the stream's KMS key is not for this use"],
  [4505, 'KMS_KEY_INVALID_STATE', 'fatal', "the stream's KMS key is in an invalid state"],
  [4506, 'KMS_KEY_NOT_FOUND', 'fatal', "the stream's KMS key does not exist"],
  [4507, 'STREAM_DELETED', 'fatal', 'the stream was deleted'],
  [5000, 'ACK_INTERNAL_ERROR', 'retry', 'the service had an internal error'],
  [5001, 'FRAGMENT_ARCHIVAL_ERROR', 'retry', 'the service could not store it'],
];

function fromRow([errorId, name, action, meaning]: Row): AckError {
  return {
    errorId,
    name,
    status: `STATUS_ACK_ERR_${name}`,
    action,
    meaning,
  };
}

/** ErrorId → what it says and what follows: https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/API_dataplane_PutMedia.html */
export const ACK_ERRORS: ReadonlyMap<number, AckError> = new Map(
  ROWS.map((row) => [row[0], fromRow(row)]),
);

/** What an ErrorId says; one that is not in the table is upstream's 7000, and is tried again. */
export function ackErrorOf(errorId: number | undefined): AckError {
  return (
    ACK_ERRORS.get(errorId ?? 0) ??
    fromRow([errorId ?? 7000, 'UNKNOWN_ACK_ERROR', 'retry', 'an error this version does not know'])
  );
}

/** The number that belongs to an ErrorCode which came without one. */
export function ackErrorIdOf(errorCode: string | undefined): number | undefined {
  return ROWS.find(([, name]) => name === errorCode)?.[0];
}
