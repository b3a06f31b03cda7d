import { KvsError } from '../errors/kvs-error.ts';
import { findProgram } from '../runtime/find-program.ts';

/** What an image consists of: a JPEG, or pixels of 8-bit red, green and blue, or of 8-bit grey. */
export type ImageFormat = 'jpeg' | 'rgb' | 'gray';

/** What a decoder makes of Matroska on its standard input: Matroska with one image per block. */
export type DecoderSettings = {
  readonly format: ImageFormat;
  /** Of the images; the video's own by default. */
  readonly size: { readonly width: number; readonly height: number } | undefined;
  /**
   * One image for each interval, 0 for all. `offsetMs` is how far into an interval time 0 lies. A
   * decoder may give more images than that, but not fewer.
   */
  readonly everyMs: number;
  readonly offsetMs: number;
  /** Times of the only images that are wanted, instead. A decoder may give more. */
  readonly atMs?: readonly number[];
  /** Of JPEGs, from 1 to 100; a high one by default. */
  readonly quality?: number;
};

/** A program that decodes. */
export type DecoderProgram = {
  readonly name: 'ffmpeg' | 'gst-launch-1.0';
  /** What to install where it lacks a decoder. */
  readonly advice: string;
  args(settings: DecoderSettings): string[];
};

const FFMPEG: DecoderProgram = {
  name: 'ffmpeg',
  advice: 'ffmpeg -decoders lists what this ffmpeg decodes.',
  args({ format, size, everyMs, offsetMs, atMs, quality = 100 }) {
    const cell = (time: string): string => `floor((round(${time}*1000)+${offsetMs})/${everyMs})`;
    const first = `isnan(prev_selected_t)+gt(${cell('t')}\\,${cell('prev_selected_t')})`;
    const filters = [
      ...(everyMs === 0 ? [] : [`select='${first}'`]),
      ...(atMs === undefined ? [] : [`select='${atMs.map(isAt).join('+')}'`]),
      ...(size === undefined ? [] : [`scale=${size.width}:${size.height}`]),
    ];
    const encoders = {
      jpeg: ['-c:v', 'mjpeg', '-q:v', String(quantizer(quality))],
      rgb: ['-c:v', 'rawvideo', '-pix_fmt', 'rgb24', '-allow_raw_vfw', '1'],
      gray: ['-c:v', 'rawvideo', '-pix_fmt', 'gray', '-allow_raw_vfw', '1'],
    };
    return [
      ...['-v', 'error', '-analyzeduration', '0', '-f', 'matroska', '-i', 'pipe:0', '-copyts'],
      ...['-map', '0:v:0', ...(filters.length === 0 ? [] : ['-vf', filters.join(',')])],
      // Times stay what they are in the file, instead of being rounded to a frame rate.
      ...['-enc_time_base', '1:1000', ...encoders[format]],
      ...['-f', 'matroska', '-live', '1', '-flush_packets', '1', 'pipe:1'],
    ];
  },
};

/** Of ffmpeg's filter: whether a frame's time is this one. */
function isAt(timeMs: number): string {
  return `eq(round(t*1000)\\,${timeMs})`;
}

/** ffmpeg's scale for JPEGs: from 31, the worst, to 2. */
function quantizer(quality: number): number {
  return Math.round(31 - ((quality - 1) * 29) / 99);
}

const GSTREAMER: DecoderProgram = {
  name: 'gst-launch-1.0',
  advice: 'Install GStreamer’s decoders: sudo apt-get install gstreamer1.0-libav',
  args({ format, size, quality = 90 }) {
    const encoders = {
      jpeg: [...capsFilter(size, undefined), '!', 'jpegenc', `quality=${quality}`],
      rgb: capsFilter(size, 'RGB'),
      gray: capsFilter(size, 'GRAY8'),
    };
    return [
      ...['-q', 'fdsrc', '!', 'decodebin', '!', 'videoconvert', '!', 'videoscale'],
      ...encoders[format],
      ...['!', 'matroskamux', 'streamable=true', 'min-cluster-duration=0', '!', 'fdsink'],
    ];
  },
};

/** A caps filter. */
function capsFilter(size: DecoderSettings['size'], format: string | undefined): string[] {
  const fields = [
    ...(format === undefined ? [] : [`format=${format}`]),
    ...(size === undefined
      ? []
      : [`width=${size.width}`, `height=${size.height}`, 'pixel-aspect-ratio=1/1']),
  ];
  return fields.length === 0 ? [] : ['!', `video/x-raw,${fields.join(',')}`];
}

/** Name of a decoder. */
export type DecoderName = 'ffmpeg' | 'gstreamer';

const PROGRAMS: Readonly<Record<DecoderName, DecoderProgram>> = {
  ffmpeg: FFMPEG,
  gstreamer: GSTREAMER,
};

/**
 * The decoder to use: the given one, or ffmpeg, which encodes only the images that are wanted, or
 * GStreamer.
 * @throws KvsError where it is not installed
 */
export function findDecoder(name: DecoderName | undefined): DecoderProgram {
  const wanted = name === undefined ? [FFMPEG, GSTREAMER] : [PROGRAMS[name]];
  const found = wanted.find((program) => findProgram(program.name) !== undefined);
  if (found !== undefined) return found;
  throw new KvsError(
    'STATUS_INVALID_OPERATION',
    `${wanted.map((program) => program.name).join(' or ')} is needed to decode video`,
    {
      advice:
        'On Debian, Ubuntu and Raspberry Pi OS: sudo apt-get install ffmpeg, or gstreamer1.0-tools ' +
        'gstreamer1.0-plugins-good gstreamer1.0-libav. On macOS: brew install ffmpeg. Elsewhere, put ' +
        'ffmpeg into PATH.',
    },
  );
}
