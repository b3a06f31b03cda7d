import { KvsError } from '../../errors/kvs-error.ts';
import type { StatusName } from '../../errors/status.ts';
import type { TrackDescription } from '../../media/codec/codec-adapter.ts';
import { STREAM_LIMITS } from './stream-limits.ts';

/** @throws KvsError `code` that names field, value and limit, when the text is too long. */
export function checkLength(
  field: string,
  value: string,
  maxBytes: number,
  code: StatusName,
  minBytes = 0,
): void {
  const length = Buffer.byteLength(value);
  if (length >= minBytes && length <= maxBytes) return;
  const shown = value.length > 40 ? `${value.slice(0, 40)}…` : value;
  const allowed = minBytes > 0 ? `${minBytes} to ${maxBytes}` : `at most ${maxBytes}`;
  throw new KvsError(code, `${field} "${shown}" has ${length} bytes; ${allowed} are allowed`, {
    advice: `Give ${field} ${allowed} bytes.`,
  });
}

/** @throws KvsError `code` that names field, value and limits, unless min <= value <= max. */
export function checkRange(
  field: string,
  value: number,
  min: number,
  max: number,
  code: StatusName,
): void {
  if (value >= min && value <= max) return;
  throw new KvsError(code, `${field} is ${value}; ${min} to ${max} are allowed`, {
    advice: `Set ${field} to a value from ${min} to ${max}.`,
  });
}

/** @throws KvsError STATUS_INVALID_ARG that names field, value and choices, unless it is one. */
export function checkOneOf(field: string, value: string, choices: readonly string[]): void {
  if (choices.includes(value)) return;
  throw new KvsError('STATUS_INVALID_ARG', `${field} is ${JSON.stringify(value)}`, {
    advice: `Set ${field} to one of ${choices.join(', ')}.`,
  });
}

/**
 * Checks what is said of a track's codec, whose Matroska header is made only later.
 * @throws KvsError that names track, field, length and limit.
 */
export function checkDescription(trackId: number, description: TrackDescription): void {
  const { codecId = '', codecData, contentType = '' } = description;
  const of = `of track ${trackId}`;
  const { codecIdBytes, contentTypeBytes, codecPrivateBytes } = STREAM_LIMITS;
  checkLength(`codecId ${of}`, codecId, codecIdBytes, 'STATUS_MKV_INVALID_CODEC_ID_LENGTH');
  const code = 'STATUS_MKV_INVALID_CONTENT_TYPE_LENGTH';
  checkLength(`contentType ${of}`, contentType, contentTypeBytes, code);
  const length = codecData?.length ?? 0;
  if (length <= codecPrivateBytes) return;
  throw new KvsError(
    'STATUS_MKV_INVALID_CODEC_PRIVATE_LENGTH',
    `codecData ${of} has ${length} bytes; at most ${codecPrivateBytes} are allowed`,
  );
}

/** @throws KvsError STATUS_INVALID_ARG unless the value is a number that is not negative. */
export function checkAmount(field: string, value: number): void {
  if (Number.isFinite(value) && value >= 0) return;
  throw new KvsError('STATUS_INVALID_ARG', `${field} is ${value}; 0 or more is allowed`, {
    advice: `Set ${field} to 0 or more.`,
  });
}

/**
 * Checks resource tags.
 * @throws KvsError STATUS_MAX_TAG_COUNT, STATUS_INVALID_TAG_NAME_LEN or …_VALUE_LEN
 */
export function checkTags(
  field: string,
  tags: Readonly<Record<string, string>>,
  limits: {
    readonly tagCount: number;
    readonly tagNameBytes: number;
    readonly tagValueBytes: number;
  },
): void {
  const entries = Object.entries(tags);
  if (entries.length > limits.tagCount) {
    throw new KvsError(
      'STATUS_MAX_TAG_COUNT',
      `${field} has ${entries.length} tags; at most ${limits.tagCount} are allowed`,
      { advice: `Give at most ${limits.tagCount} tags.` },
    );
  }
  for (const [name, value] of entries) {
    checkLength(`${field} name`, name, limits.tagNameBytes, 'STATUS_INVALID_TAG_NAME_LEN', 1);
    checkLength(`${field} ${name}`, value, limits.tagValueBytes, 'STATUS_INVALID_TAG_VALUE_LEN');
  }
}
