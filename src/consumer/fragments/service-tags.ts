import { KvsError, type ServiceFailureKind } from '../../errors/kvs-error.ts';
import type { StatusName } from '../../errors/status.ts';
import { malformed } from '../../matroska/element-header.ts';
import type { MatroskaTag } from '../../matroska/tags.ts';

const PREFIX = 'AWS_KINESISVIDEO_';

/** What the service writes, and what only tells it where a fragment ends. Events stay. */
const SERVICE_TAGS: ReadonlySet<string> = new Set(
  [
    'FRAGMENT_NUMBER',
    'PRODUCER_TIMESTAMP',
    'PRODUCER_SIDE_TIMESTAMP',
    'SERVER_TIMESTAMP',
    'SERVER_SIDE_TIMESTAMP',
    'CONTINUATION_TOKEN',
    'MILLIS_BEHIND_NOW',
    'END_OF_FRAGMENT',
  ].map((name) => PREFIX + name),
);

/** What an error in mid-stream is to us. */
type Meaning = { readonly status: StatusName; readonly kind?: ServiceFailureKind };

/**
 * Errors in mid-stream, by the service's number; those of kind `service` pass with time:
 * https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/API_dataplane_GetMedia.html
 * 3000 is GetMediaForFragmentList's, for a fragment that is gone, or that was listed and cannot be
 * read for another moment: https://github.com/aws/aws-sdk-js/issues/3217
 */
const ERRORS: ReadonlyMap<string, Meaning> = new Map<string, Meaning>([
  ['3000', { status: 'STATUS_SERVICE_CALL_RESOURCE_NOT_FOUND_ERROR', kind: 'not-found' }],
  ['3002', { status: 'STATUS_SERVICE_CALL_UNKOWN_ERROR', kind: 'service' }],
  ['4000', { status: 'STATUS_SERVICE_CALL_RESOURCE_NOT_FOUND_ERROR', kind: 'not-found' }],
  ['4500', { status: 'STATUS_ACK_ERR_KMS_KEY_ACCESS_DENIED', kind: 'access-denied' }],
  ['4501', { status: 'STATUS_ACK_ERR_KMS_KEY_DISABLED' }],
  ['4502', { status: 'STATUS_ACK_ERR_KMS_KEY_VALIDATION_ERROR' }],
  ['4503', { status: 'STATUS_ACK_ERR_KMS_KEY_UNAVAILABLE', kind: 'service' }],
  ['4504', { status: 'STATUS_ACK_ERR_KMS_KEY_INVALID_USAGE' }],
  ['4505', { status: 'STATUS_ACK_ERR_KMS_KEY_INVALID_STATE' }],
  ['4506', { status: 'STATUS_ACK_ERR_KMS_KEY_NOT_FOUND' }],
  ['5000', { status: 'STATUS_SERVICE_CALL_UNKOWN_ERROR', kind: 'service' }],
]);

/** What the service says of a fragment beside its bytes. */
export type ServiceTags = {
  number?: string;
  producerTimestamp?: Date;
  serverTimestamp?: Date;
  continuationToken?: string;
  millisBehindNow?: number;
};

/** Decimal seconds; undefined for what is no time that a Date can hold. */
function dateOf(seconds: string | undefined): Date | undefined {
  if (seconds === undefined || seconds.trim() === '') return undefined;
  const date = new Date(Math.round(Number(seconds) * 1_000));
  return Number.isNaN(date.getTime()) ? undefined : date;
}

/** Values of the service's tags, by their names without the prefix. */
function serviceValues(
  tags: readonly MatroskaTag[],
): (...names: readonly string[]) => string | undefined {
  const values = new Map(tags.map(({ name, value }) => [name, value]));
  return (...names) =>
    names.map((name) => values.get(PREFIX + name)).find((value) => value !== undefined);
}

/**
 * Takes the service's tags out of a list, into `known`.
 * @returns the producer's
 * @throws KvsError for the tags of an error, and for a fragment number that is none
 */
export function takeServiceTags<Tag extends MatroskaTag>(
  tags: readonly Tag[],
  known: ServiceTags,
): Tag[] {
  const of = serviceValues(tags);
  // GetMedia's names, then GetMediaForFragmentList's.
  const errorId = of('ERROR_ID', 'EXCEPTION_ERROR_CODE');
  const errorCode = of('ERROR_CODE', 'EXCEPTION_MESSAGE');
  if (errorId !== undefined || errorCode !== undefined) throw errorOf(errorId, errorCode);
  const number = of('FRAGMENT_NUMBER');
  if (number !== undefined) {
    if (!/^\d+$/.test(number)) throw malformed(`the fragment number "${number.slice(0, 40)}"`);
    known.number = number;
  }
  const produced = dateOf(of('PRODUCER_TIMESTAMP', 'PRODUCER_SIDE_TIMESTAMP'));
  if (produced !== undefined) known.producerTimestamp = produced;
  const received = dateOf(of('SERVER_TIMESTAMP', 'SERVER_SIDE_TIMESTAMP'));
  if (received !== undefined) known.serverTimestamp = received;
  const token = of('CONTINUATION_TOKEN');
  if (token !== undefined) known.continuationToken = token;
  const behindMs = Number(of('MILLIS_BEHIND_NOW'));
  if (Number.isFinite(behindMs)) known.millisBehindNow = behindMs;
  return tags.filter(({ name }) => !SERVICE_TAGS.has(name));
}

const NOT_FOUND_ADVICE =
  'The fragment is not stored, or no longer: start at a time, or at one of the fragments that are listed.';

function errorOf(id: string | undefined, code: string | undefined): KvsError {
  const { status, kind }: Meaning = ERRORS.get(id ?? '') ?? {
    status: 'STATUS_SERVICE_CALL_UNKOWN_ERROR',
  };
  const words = [id, code].filter((word) => word !== undefined).join(' ');
  const failure = kind && { kind, httpStatus: undefined, exception: code, retryAfterMs: undefined };
  return new KvsError(status, `The service ended the media with an error: ${words}`, {
    ...(failure === undefined ? {} : { failure }),
    ...(kind === 'not-found' ? { advice: NOT_FOUND_ADVICE } : {}),
  });
}
