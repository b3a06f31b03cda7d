import { MatroskaReader } from '../matroska/reader.ts';
import type { ImageFormat } from './decoder-programs.ts';

/** An image as a decoder gave it. */
export type ReadImage = {
  /** On the time line of what the decoder was given. */
  readonly timeMs: number;
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
};

const BYTES_PER_PIXEL = { rgb: 3, gray: 1 } as const;

/** Reads a decoder's output as it arrives. */
export class ImageReader {
  readonly #reader: MatroskaReader;
  readonly #images: ReadImage[] = [];
  #scaleMs = 1;
  #clusterTime = 0n;
  #width = 0;
  #height = 0;

  constructor(format: ImageFormat) {
    this.#reader = new MatroskaReader({
      info: ({ timecodeScaleNs }) => {
        this.#scaleMs = timecodeScaleNs / 1e6;
      },
      tracks: ([track]) => {
        this.#width = track?.width ?? 0;
        this.#height = track?.height ?? 0;
      },
      clusterStart: (timecode) => {
        this.#clusterTime = timecode;
      },
      block: ({ relativeTimecode, data }) => {
        const [width, height] = [this.#width, this.#height];
        this.#images.push({
          timeMs: (Number(this.#clusterTime) + relativeTimecode) * this.#scaleMs,
          width,
          height,
          data: format === 'jpeg' ? new Uint8Array(data) : packed(data, format, width, height),
        });
      },
    });
  }

  /**
   * Takes the next bytes.
   * @returns the images that have come whole with them
   * @throws KvsError for what is no Matroska
   */
  push(chunk: Uint8Array): ReadImage[] {
    this.#reader.push(chunk);
    return this.#images.splice(0);
  }
}

/** A copy of the pixels without what GStreamer has at the end of each row, to align the next one. */
function packed(
  data: Uint8Array,
  format: keyof typeof BYTES_PER_PIXEL,
  width: number,
  height: number,
): Uint8Array {
  const row = width * BYTES_PER_PIXEL[format];
  const stride = Math.floor(data.length / Math.max(1, height));
  if (stride <= row) return new Uint8Array(data);
  const pixels = new Uint8Array(row * height);
  for (let y = 0; y < height; y += 1) {
    pixels.set(data.subarray(y * stride, y * stride + row), y * row);
  }
  return pixels;
}
