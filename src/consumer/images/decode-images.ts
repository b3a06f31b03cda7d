import { Decoder } from '../../decoding/decoder.ts';
import {
  type DecoderName,
  type DecoderProgram,
  findDecoder,
  type ImageFormat,
} from '../../decoding/decoder-programs.ts';
import type { ReadImage } from '../../decoding/image-reader.ts';
import { KvsError } from '../../errors/kvs-error.ts';
import { MatroskaFileWriter } from '../../matroska/file-writer.ts';
import { continuesFile } from '../files/file-muxer.ts';
import type { Fragments } from '../files/files.ts';
import type { ConsumedFragment, ConsumedFrame } from '../fragments/consumed-fragment.ts';
import { ImageSelection, timeMsOf } from './image-selection.ts';

/** The decoder's times are rounded to this. */
const TOLERANCE_MS = 1;
/** Of a BITMAPINFOHEADER: biCompression. */
const FOUR_CC_AT = 16;

/** A decoded image of a stream. */
export type DecodedImage = {
  /** When it is shown, as ConsumedFrame.ptsNs. */
  readonly ptsNs: bigint;
  /** The same as a date. */
  readonly time: Date;
  /** Of the fragment to which it belongs. */
  readonly fragmentNumber: string | undefined;
  readonly producerTimestamp: Date | undefined;
  readonly serverTimestamp: Date | undefined;
  readonly width: number;
  readonly height: number;
  /** A JPEG file; or rows of pixels from the top, with three bytes (`rgb`) or one (`gray`) for each. */
  readonly data: Uint8Array;
};

/** Options of decodeImages. */
export type DecodeImagesOptions = {
  /** 'jpeg' by default. */
  readonly format?: ImageFormat;
  /**
   * The first image of each interval of so long, whole ms; the intervals are counted from 1970. 0,
   * the default, is every image.
   */
  readonly everyMs?: number;
  /** Size of the images; that of the video by default. */
  readonly size?: { readonly width: number; readonly height: number };
  /** By default ffmpeg where it is in PATH, else GStreamer. */
  readonly decoder?: DecoderName;
  /** Told how many images did not come of frames that were there: damaged ones, mostly. */
  readonly onLost?: (images: number) => void;
};

/** A frame under way through the decoder. */
type Sent = {
  readonly ptsNs: bigint;
  readonly timeMs: number;
  readonly fragment: ConsumedFragment;
};

/** Frames under way through one decoder. */
type Run = {
  readonly decoder: Decoder;
  readonly writer: MatroskaFileWriter;
  readonly sent: Sent[];
  expected: number;
  taken: number;
};

/**
 * Decodes the video of fragments, by ffmpeg or GStreamer in a process of its own. Images come in the
 * order in which they are shown. Fragments of which no image is wanted are not decoded. What is
 * not taken yet holds up the decoder, and that the reading of fragments. Leaving the loop ends all
 * of it; a source that waits for its next fragment ends with that, or with its own signal.
 * @throws KvsError where no decoder is installed; and while it is read, for a fragment without video
 * and for a codec that cannot be decoded
 */
export function decodeImages(
  fragments: Fragments,
  options: DecodeImagesOptions = {},
): AsyncIterable<DecodedImage> {
  // The handover between decoder and caller: a write is done when somebody has asked for it.
  const { readable, writable } = new TransformStream<DecodedImage, DecodedImage>();
  const writer = writable.getWriter();
  const decoding = new Decoding(options, (image) => writer.write(image));
  const iterator =
    Symbol.asyncIterator in fragments
      ? fragments[Symbol.asyncIterator]()
      : fragments[Symbol.iterator]();
  const stop = (): void => {
    decoding.kill();
    Promise.resolve(iterator.return?.()).catch(() => {});
  };
  const run = async (): Promise<void> => {
    for (;;) {
      const next = await iterator.next();
      if (next.done === true) break;
      await decoding.add(next.value);
    }
    await decoding.end();
    await writer.close();
  };
  writer.closed.catch(stop);
  run().catch((error: unknown) => {
    stop();
    writer.abort(error).catch(() => {});
  });
  return readable;
}

/** Sends fragments through decoders, one after the other. */
class Decoding {
  readonly #program: DecoderProgram;
  readonly #options: DecodeImagesOptions;
  readonly #take: (image: DecodedImage) => Promise<void>;
  #selection: ImageSelection;
  #run: Run | undefined;
  /** The last fragment, decoded or not, with its video alone. */
  #last: ConsumedFragment | undefined;

  constructor(options: DecodeImagesOptions, take: (image: DecodedImage) => Promise<void>) {
    const { everyMs = 0 } = options;
    if (!Number.isSafeInteger(everyMs) || everyMs < 0) {
      throw new KvsError('STATUS_INVALID_ARG', `everyMs is ${everyMs}`, {
        advice: 'Give a whole number of milliseconds; 0 is every image.',
      });
    }
    this.#program = findDecoder(options.decoder);
    this.#options = options;
    this.#take = take;
    this.#selection = new ImageSelection(everyMs);
  }

  async add(fragment: ConsumedFragment): Promise<void> {
    const video = videoOf(fragment);
    if (this.#last !== undefined && !continuesFile(this.#last, video)) {
      await this.end();
      this.#selection = new ImageSelection(this.#options.everyMs ?? 0);
    }
    this.#last = video;
    if (areJpegs(video, this.#options)) {
      await this.#takeJpegs(video);
      return;
    }
    const frames = this.#run === undefined ? decodable(video.frames) : video.frames;
    const images = this.#selection.plan(frames.filter(({ isInvisible }) => !isInvisible));
    if (images === 0) {
      // A decoder holds frames back until it knows what follows: now that is nothing.
      await this.end();
      return;
    }
    await this.#send(video, frames, images);
  }

  async #send(
    fragment: ConsumedFragment,
    frames: readonly ConsumedFrame[],
    images: number,
  ): Promise<void> {
    const isFirst = this.#run === undefined;
    this.#run ??= this.#begin(fragment, frames);
    const { decoder, writer, sent } = this.#run;
    this.#run.expected += images;
    for (const { ptsNs } of frames) sent.push({ ptsNs, timeMs: timeMsOf(ptsNs), fragment });
    sent.sort((a, b) => a.timeMs - b.timeMs);
    if (isFirst) await decoder.write(writer.header);
    await decoder.write(writer.fragment([], frames));
  }

  /** Frames that are JPEGs already stay as they are. */
  async #takeJpegs(fragment: ConsumedFragment): Promise<void> {
    const { width = 0, height = 0 } = fragment.tracks[0] ?? {};
    for (const { ptsNs, data } of fragment.frames) {
      if (!this.#selection.take(timeMsOf(ptsNs))) continue;
      await this.#take(
        imageOf({ ptsNs, timeMs: timeMsOf(ptsNs), fragment }, { width, height, data }),
      );
    }
  }

  /** All that was sent is decoded and taken. */
  async end(): Promise<void> {
    const run = this.#run;
    if (run === undefined) return;
    await run.decoder.end();
    this.#run = undefined;
    const lost = run.expected - run.taken;
    if (lost > 0) this.#options.onLost?.(lost);
  }

  kill(): void {
    this.#run?.decoder.kill();
  }

  #begin({ tracks }: ConsumedFragment, frames: readonly ConsumedFrame[]): Run {
    const { everyMs = 0, format = 'jpeg', size } = this.#options;
    // GStreamer counts from the first image, so that has to be 0.
    const startMs = frames.reduce(
      (least, { ptsNs }) => Math.min(least, timeMsOf(ptsNs)),
      Number.POSITIVE_INFINITY,
    );
    const settings = { format, size, everyMs, offsetMs: everyMs === 0 ? 0 : startMs % everyMs };
    const decoder: Decoder = new Decoder(this.#program, settings, (image) =>
      this.#onImage(run, startMs, image),
    );
    const run: Run = {
      decoder,
      writer: new MatroskaFileWriter({
        tracks,
        startNs: BigInt(startMs) * 1_000_000n,
        isEpoch: false,
        writingApp: 'kvs-launch',
      }),
      sent: [],
      expected: 0,
      taken: 0,
    };
    return run;
  }

  async #onImage(run: Run, startMs: number, { timeMs, ...image }: ReadImage): Promise<void> {
    const atMs = startMs + timeMs;
    const index = run.sent.findIndex((frame) => Math.abs(frame.timeMs - atMs) <= TOLERANCE_MS);
    const frame = run.sent[index];
    if (frame === undefined) return;
    // They come in the order in which they are shown: what is older does not come any more.
    run.sent.splice(0, index + 1);
    if (!this.#selection.take(frame.timeMs)) return;
    run.taken += 1;
    await this.#take(imageOf(frame, image));
  }
}

function imageOf(
  { ptsNs, timeMs, fragment }: Sent,
  image: Pick<DecodedImage, 'width' | 'height' | 'data'>,
): DecodedImage {
  const { number, producerTimestamp, serverTimestamp } = fragment;
  return {
    ptsNs,
    time: new Date(timeMs),
    fragmentNumber: number,
    producerTimestamp,
    serverTimestamp,
    ...image,
  };
}

/** Whether the frames are what is wanted, without being decoded. */
function areJpegs({ tracks: [track] }: ConsumedFragment, options: DecodeImagesOptions): boolean {
  const { format = 'jpeg', size } = options;
  if (track === undefined || format !== 'jpeg' || size !== undefined) return false;
  const { codecId, codecPrivate = new Uint8Array() } = track;
  // As Matroska names it, and, more often, as Windows does, whose BITMAPINFOHEADER says what it is.
  const fourCc = Buffer.from(codecPrivate).toString('latin1', FOUR_CC_AT, FOUR_CC_AT + 4);
  return codecId === 'V_MJPEG' || (codecId === 'V_MS/VFW/FOURCC' && fourCc === 'MJPG');
}

/** A fragment with nothing but its first video track. */
function videoOf(fragment: ConsumedFragment): ConsumedFragment {
  const track = fragment.tracks.find(({ kind }) => kind === 'video');
  if (track === undefined) {
    const codecs = fragment.tracks.map(({ codecId }) => codecId).join(', ') || 'no track';
    throw new KvsError(
      'STATUS_INVALID_OPERATION',
      `Fragment ${fragment.number ?? 'without a number'} has no video, but ${codecs}`,
    );
  }
  return {
    ...fragment,
    tracks: [track],
    frames: fragment.frames.filter(({ trackNumber }) => trackNumber === track.number),
  };
}

/**
 * What can be decoded without what came before: from the first key frame on, and nothing that is
 * shown before it, which refers to older frames.
 */
function decodable(frames: readonly ConsumedFrame[]): readonly ConsumedFrame[] {
  const start = frames.findIndex(({ isKeyFrame }) => isKeyFrame);
  const key = frames[start];
  if (key === undefined) return [];
  return frames.slice(start).filter(({ ptsNs }) => ptsNs >= key.ptsNs);
}
