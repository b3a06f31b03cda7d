import { ServiceError } from '../errors/service-error.ts';

/** The fewest milliseconds from image to image (SamplingInterval). */
const MIN_INTERVAL_MS = 200;
/** JPEGQuality where none is given. */
const DEFAULT_QUALITY = 80;

/** What an image shall be. */
export type ImageSettings = {
  readonly format: 'JPEG' | 'PNG';
  /** Of a JPEG, from 1 to 100. */
  readonly quality: number;
  /** Pixels; of one alone, the other keeps the video's shape. */
  readonly width: number | undefined;
  readonly height: number | undefined;
};

/** The members that GetImages and the image generation have in common. */
export type ImageMembers = {
  readonly Format: 'JPEG' | 'PNG';
  readonly FormatConfig?: Readonly<Record<string, string>> | undefined;
  readonly WidthPixels?: number | undefined;
  readonly HeightPixels?: number | undefined;
};

/**
 * What the members of a request say.
 * @throws ServiceError InvalidArgumentException for a JPEGQuality out of range.
 */
export function imageSettings(members: ImageMembers): ImageSettings {
  const { JPEGQuality = String(DEFAULT_QUALITY) } = members.FormatConfig ?? {};
  const quality = Number(JPEGQuality);
  if (!Number.isInteger(quality) || quality < 1 || quality > 100) {
    throw invalid(`JPEGQuality must be a whole number from 1 to 100, not '${JPEGQuality}'.`);
  }
  const { Format: format, WidthPixels: width, HeightPixels: height } = members;
  return { format, quality, width, height };
}

/** @throws ServiceError InvalidArgumentException for too short an interval. */
export function checkInterval(intervalMs: number): void {
  if (intervalMs >= MIN_INTERVAL_MS) return;
  throw invalid(`SamplingInterval must be at least ${MIN_INTERVAL_MS} ms, not ${intervalMs}.`);
}

/** The size of an image; undefined for that of the video. */
export function imageSize(
  { width, height }: ImageSettings,
  video: { readonly width: number | undefined; readonly height: number | undefined },
): { width: number; height: number } | undefined {
  if (width !== undefined && height !== undefined) return { width, height };
  const shape = (video.width ?? 0) / (video.height ?? 0);
  if (!Number.isFinite(shape) || shape <= 0) return undefined;
  if (width !== undefined) return { width, height: Math.max(1, Math.round(width / shape)) };
  if (height !== undefined) return { width: Math.max(1, Math.round(height * shape)), height };
  return undefined;
}

function invalid(message: string): ServiceError {
  return new ServiceError('InvalidArgumentException', message);
}
