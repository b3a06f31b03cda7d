import { KvsError } from '../../errors/kvs-error.ts';
import type { Device, Format } from './devices.ts';

/** Pixels. */
export type Size = { readonly width: number; readonly height: number };

/** What is taken from a camera; `rate` is left out where the camera does not say what it has. */
export type ChosenFormat = Size & {
  readonly mediaType: string;
  readonly pixelFormat?: string;
  readonly rate?: string;
};

/** What a pipeline can be made of, the one that costs least first. */
const USABLE: readonly string[] = ['video/x-h264', 'video/x-raw', 'image/jpeg'];

/** Of a camera that says nothing of its own, and the largest that is taken without being asked. */
const DEFAULT_SIZE: Size = { width: 1280, height: 720 };

/**
 * Of all that delivers the size at the rate: H.264, which needs no encoder; then raw pictures, then
 * M-JPEG, which has to be decoded first. Where nothing is fast enough, the fastest.
 * @param size by default the largest up to 1280x720.
 * @throws KvsError STATUS_INVALID_ARG for a size that the camera does not have.
 */
export function chooseFormat(
  { name, formats }: Device,
  size: Size | undefined,
  framesPerSecond: number,
): ChosenFormat {
  const usable = formats.filter(({ mediaType }) => USABLE.includes(mediaType));
  const wanted = size ?? largestSize(usable);
  if (usable.length === 0) {
    // A path that nothing is known of: v4l2src says what is wrong, if anything.
    return { ...wanted, mediaType: 'video/x-raw' };
  }
  const fitting = usable.filter((format) => isOf(format, wanted));
  const [best] = [...fitting].sort(
    (a, b) =>
      Number(isFastEnough(b, framesPerSecond)) - Number(isFastEnough(a, framesPerSecond)) ||
      (isFastEnough(a, framesPerSecond) ? 0 : fastest(b) - fastest(a)) ||
      USABLE.indexOf(a.mediaType) - USABLE.indexOf(b.mediaType),
  );
  if (best === undefined) {
    throw new KvsError(
      'STATUS_INVALID_ARG',
      `${name} does not deliver ${wanted.width}x${wanted.height}`,
      { advice: `It has ${sizesOf(usable).join(', ')}.` },
    );
  }
  const { mediaType, pixelFormat } = best;
  const rate = nearestRate(best, framesPerSecond);
  return {
    ...wanted,
    mediaType,
    ...(pixelFormat === undefined ? {} : { pixelFormat }),
    ...(rate === undefined ? {} : { rate }),
  };
}

/** A range, which is told as no size, may have any. */
function isOf({ width, height }: Format, wanted: Size): boolean {
  return width === undefined || (width === wanted.width && height === wanted.height);
}

function largestSize(formats: readonly Format[]): Size {
  let largest: Size | undefined;
  for (const { width, height } of formats) {
    if (width === undefined || height === undefined) return DEFAULT_SIZE;
    const isLarger = largest === undefined || width * height > largest.width * largest.height;
    const fits = width <= DEFAULT_SIZE.width && height <= DEFAULT_SIZE.height;
    if (isLarger && fits) largest = { width, height };
  }
  const [only] = formats;
  const smallest =
    only?.width === undefined || only.height === undefined
      ? DEFAULT_SIZE
      : { width: only.width, height: only.height };
  return largest ?? smallest;
}

/** Rates such as 30000/1001 are 30. */
function isFastEnough(format: Format, framesPerSecond: number): boolean {
  return format.rates.length === 0 || fastest(format) > framesPerSecond - 0.5;
}

function fastest({ rates }: Format): number {
  return Math.max(0, ...rates.map(({ perSecond }) => perSecond));
}

function nearestRate({ rates, hasAnyRate }: Format, framesPerSecond: number): string | undefined {
  if (hasAnyRate === true) {
    const isWhole = Number.isInteger(framesPerSecond);
    return isWhole ? `${framesPerSecond}/1` : `${Math.round(framesPerSecond * 1000)}/1000`;
  }
  const distance = (perSecond: number) => Math.abs(perSecond - framesPerSecond);
  const [nearest] = [...rates].sort((a, b) => distance(a.perSecond) - distance(b.perSecond));
  return nearest?.text;
}

function sizesOf(formats: readonly Format[]): readonly string[] {
  const sizes = formats.map(({ width, height }) => `${width}x${height}`);
  return [...new Set(sizes)];
}
