import { KvsError } from '../errors/kvs-error.ts';
import type { StatusName } from '../errors/status.ts';

/**
 * The limits of KVS on what goes into a Matroska header or tag (
 * https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/producer-sdk-limits.html, and
 * upstream's mkvgen). Upstream counts bytes, and so do we: an umlaut is two.
 */
export const MATROSKA_LIMITS = {
  trackNameBytes: 32,
  codecIdBytes: 32,
  codecPrivateBytes: 1024 * 1024,
  contentTypeBytes: 128,
  tagNameBytes: 128,
  tagValueBytes: 256,
  segmentUidBytes: 16,
  /** Names of the applications and the title: their sizes are one byte, up to 126. */
  applicationBytes: 126,
  tracks: 3,
  /** 100 ns to 1 s. */
  minTimecodeScaleNs: 100,
  maxTimecodeScaleNs: 1_000_000_000,
} as const;

/** @throws KvsError `code`, naming the field, its length and the limit. */
export function checkBytes(
  field: string,
  value: string | Uint8Array,
  limit: number,
  code: StatusName,
  minimum = 0,
): void {
  const length = Buffer.byteLength(value);
  if (length > limit || length < minimum) {
    const shown = typeof value === 'string' ? ` "${value.slice(0, 40)}"` : '';
    const allowed = minimum > 0 ? `from ${minimum} to ${limit}` : `at most ${limit}`;
    throw new KvsError(code, `${field}${shown} has ${length} bytes, ${allowed} are allowed`);
  }
}

/** @throws KvsError STATUS_MKV_INVALID_TIMECODE_SCALE */
export function checkTimecodeScale(scaleNs: number): void {
  const { minTimecodeScaleNs: min, maxTimecodeScaleNs: max } = MATROSKA_LIMITS;
  if (!Number.isInteger(scaleNs) || scaleNs < min || scaleNs > max) {
    throw new KvsError(
      'STATUS_MKV_INVALID_TIMECODE_SCALE',
      `The timecode scale is ${scaleNs} ns; whole numbers from ${min} to ${max} are allowed`,
    );
  }
}
