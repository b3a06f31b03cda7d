import { KvsError } from '../../errors/kvs-error.ts';
import type { StatusName } from '../../errors/status.ts';
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

/**
 * What an error in mid-stream says, by AWS_KINESISVIDEO_ERROR_ID:
 * https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/API_dataplane_GetMedia.html
 */
const ERRORS: Readonly<Record<string, StatusName>> = {
  3002: 'STATUS_SERVICE_CALL_UNKOWN_ERROR',
  4000: 'STATUS_SERVICE_CALL_RESOURCE_NOT_FOUND_ERROR',
  4500: 'STATUS_ACK_ERR_KMS_KEY_ACCESS_DENIED',
  4501: 'STATUS_ACK_ERR_KMS_KEY_DISABLED',
  4502: 'STATUS_ACK_ERR_KMS_KEY_VALIDATION_ERROR',
  4503: 'STATUS_ACK_ERR_KMS_KEY_UNAVAILABLE',
  4504: 'STATUS_ACK_ERR_KMS_KEY_INVALID_USAGE',
  4505: 'STATUS_ACK_ERR_KMS_KEY_INVALID_STATE',
  4506: 'STATUS_ACK_ERR_KMS_KEY_NOT_FOUND',
  5000: 'STATUS_SERVICE_CALL_UNKOWN_ERROR',
};

/** What the service says of a fragment beside its bytes. */
export type ServiceTags = {
  number?: string;
  producerTimestamp?: Date;
  serverTimestamp?: Date;
  continuationToken?: string;
  millisBehindNow?: number;
};

/** Decimal seconds. */
function dateOf(seconds: string): Date | undefined {
  const ms = Math.round(Number(seconds) * 1_000);
  return seconds.trim() !== '' && Number.isFinite(ms) ? new Date(ms) : undefined;
}

/**
 * Takes the service's tags out of a list, into `known`.
 * @returns the producer's
 * @throws KvsError for the tags of an error
 */
export function takeServiceTags(tags: readonly MatroskaTag[], known: ServiceTags): MatroskaTag[] {
  const values = new Map(tags.map(({ name, value }) => [name, value]));
  const errorId = values.get(`${PREFIX}ERROR_ID`);
  const errorCode = values.get(`${PREFIX}ERROR_CODE`);
  if (errorId !== undefined || errorCode !== undefined) throw errorOf(errorId, errorCode);
  const of = (...names: readonly string[]): string | undefined =>
    names.map((name) => values.get(PREFIX + name)).find((value) => value !== undefined);
  const number = of('FRAGMENT_NUMBER');
  if (number !== undefined) known.number = number;
  const produced = dateOf(of('PRODUCER_TIMESTAMP', 'PRODUCER_SIDE_TIMESTAMP') ?? '');
  if (produced !== undefined) known.producerTimestamp = produced;
  const received = dateOf(of('SERVER_TIMESTAMP', 'SERVER_SIDE_TIMESTAMP') ?? '');
  if (received !== undefined) known.serverTimestamp = received;
  const token = of('CONTINUATION_TOKEN');
  if (token !== undefined) known.continuationToken = token;
  const behindMs = of('MILLIS_BEHIND_NOW');
  if (behindMs !== undefined) known.millisBehindNow = Number(behindMs);
  return tags.filter(({ name }) => !SERVICE_TAGS.has(name));
}

function errorOf(id: string | undefined, code: string | undefined): KvsError {
  const status = ERRORS[id ?? ''] ?? 'STATUS_SERVICE_CALL_UNKOWN_ERROR';
  const words = [id, code].filter((word) => word !== undefined).join(' ');
  return new KvsError(status, `The service ended the media with an error: ${words}`);
}
