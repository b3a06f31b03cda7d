import { Decoder } from '../../decoding/decoder.ts';
import { type DecoderProgram, findDecoder } from '../../decoding/decoder-programs.ts';
import { writePng } from '../../decoding/png.ts';
import type { KvsError } from '../../errors/kvs-error.ts';
import { MatroskaFileWriter } from '../../matroska/file-writer.ts';
import { ServiceError } from '../errors/service-error.ts';
import type { FragmentVideo, VideoFrame } from './fragment-video.ts';
import { type ImageSettings, imageSize } from './image-settings.ts';

/** Times in the decoder's file are rounded to this. */
const TOLERANCE_MS = 1;

/**
 * The program that decodes.
 * @throws ServiceError InvalidArgumentException when none is installed.
 */
export function requireDecoder(): DecoderProgram {
  try {
    return findDecoder(undefined);
  } catch (cause) {
    const { message, advice = '' } = cause as KvsError;
    throw new ServiceError('InvalidArgumentException', `${message}: ${advice}.`, { cause });
  }
}

/**
 * The picture that is shown at each of some times of a fragment, as files; undefined for a time at
 * which nothing can be shown.
 * @param atMs from the fragment's start
 * @throws KvsError when the decoder fails
 */
export async function imagesAt(
  program: DecoderProgram,
  { track, frames }: FragmentVideo,
  atMs: readonly number[],
  settings: ImageSettings,
): Promise<(Uint8Array | undefined)[]> {
  const start = frames.findIndex(({ isKeyFrame }) => isKeyFrame);
  const key = frames[start];
  if (key === undefined) return atMs.map(() => undefined);
  // Nothing that is shown before the key frame, which refers to older frames.
  const decodable = frames.slice(start).filter(({ timeMs }) => timeMs >= key.timeMs);
  const shown = atMs.map((time) => shownAt(decodable, time));
  const times = new Set(shown.map((frame) => Math.round(frame.timeMs - key.timeMs)));
  const images = new Map<number, Uint8Array>();
  const size = imageSize(settings, track);
  const { quality } = settings;
  const isJpeg = settings.format === 'JPEG';
  const decoder = new Decoder(
    program,
    { format: isJpeg ? 'jpeg' : 'rgb', size, everyMs: 0, offsetMs: 0, atMs: [...times], quality },
    async (image) => {
      const near = [...times].find((time) => Math.abs(time - image.timeMs) <= TOLERANCE_MS);
      if (near === undefined || images.has(near)) return;
      images.set(near, isJpeg ? image.data : await writePng(image));
    },
  );
  try {
    const { header, body } = document(track, decodable, key.timeMs);
    await decoder.write(header);
    await decoder.write(body);
    await decoder.end();
  } catch (error) {
    decoder.kill();
    throw error;
  }
  return shown.map((frame) => images.get(Math.round(frame.timeMs - key.timeMs)));
}

/** The last frame up to a time, in the order of presentation; before the first one, that. */
function shownAt(frames: readonly VideoFrame[], atMs: number): VideoFrame {
  return frames.reduce((best, frame) => {
    const isBetter =
      best.timeMs > atMs
        ? frame.timeMs < best.timeMs
        : frame.timeMs <= atMs && frame.timeMs > best.timeMs;
    return isBetter ? frame : best;
  });
}

/** What the decoder reads; its times begin with the first frame. */
function document(
  track: FragmentVideo['track'],
  frames: readonly VideoFrame[],
  startMs: number,
): { header: Uint8Array; body: Uint8Array } {
  const writer = new MatroskaFileWriter({
    tracks: [track],
    startNs: 0n,
    isEpoch: false,
    writingApp: 'kvs-launch',
  });
  const body = writer.fragment(
    [],
    frames.map(({ timeMs, isKeyFrame, data }) => ({
      trackNumber: track.number,
      ptsNs: BigInt(Math.round((timeMs - startMs) * 1e6)),
      durationNs: undefined,
      isKeyFrame,
      isInvisible: false,
      isDiscardable: false,
      data,
    })),
  );
  return { header: writer.header, body };
}
