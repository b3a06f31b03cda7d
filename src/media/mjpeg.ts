import { KvsError } from '../errors/kvs-error.ts';
import type {
  AccessUnitPlan,
  ByteSink,
  CodecAdapter,
  TrackDescription,
  TrackFormat,
} from './codec/codec-adapter.ts';

/**
 * Upstream's way to carry M-JPEG, which ffmpeg, GStreamer and mkvtoolnix read as well as V_MJPEG.
 */
const FOURCC_CODEC_ID = 'V_MS/VFW/FOURCC';
const CONTENT_TYPE = 'video/x-matroska';

/** BITMAPINFOHEADER. */
const HEADER_BYTES = 40;
const BITS_PER_PIXEL = 24;

/** Markers of ITU-T T.81 table B.1. */
const SOI = 0xd8;
const SOS = 0xda;
const EOI = 0xd9;
const FIRST_SOF = 0xc0;
const LAST_SOF = 0xcf;
/** C4, C8 and CC are no frame headers: Huffman tables, an extension, arithmetic coding. */
const NO_SOF: ReadonlySet<number> = new Set([0xc4, 0xc8, 0xcc]);

/** Width and height from the frame header of a JPEG; undefined when it has none. */
export function jpegSize(data: Uint8Array): { width: number; height: number } | undefined {
  let at = 2;
  while (at + 3 < data.length) {
    if (data[at] !== 0xff) return undefined;
    const marker = data[at + 1] ?? 0;
    if (marker === 0xff) {
      at += 1; // fill byte
      continue;
    }
    if (marker === SOS || marker === EOI) return undefined;
    if (marker >= FIRST_SOF && marker <= LAST_SOF && !NO_SOF.has(marker)) {
      const word = (offset: number): number =>
        ((data[at + offset] ?? 0) << 8) | (data[at + offset + 1] ?? 0);
      const [height, width] = [word(5), word(7)];
      return at + 9 > data.length || width === 0 || height === 0 ? undefined : { width, height };
    }
    at += 2 + ((data[at + 2] ?? 0) << 8) + (data[at + 3] ?? 0);
  }
  return undefined;
}

/** A BITMAPINFOHEADER that says MJPG. */
function bitmapInfoHeader(width: number, height: number): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, HEADER_BYTES, true);
  view.setInt32(4, width, true);
  view.setInt32(8, height, true);
  view.setUint16(12, 1, true); // planes
  view.setUint16(14, BITS_PER_PIXEL, true);
  bytes.set(Buffer.from('MJPG'), 16);
  view.setUint32(20, width * height * (BITS_PER_PIXEL / 8), true);
  return bytes;
}

/** The adapter of M-JPEG: every frame is a picture of its own, and says its size. */
export class MjpegAdapter implements CodecAdapter, AccessUnitPlan {
  readonly isRandomAccessPoint = true;
  readonly #description: TrackDescription;
  #format: TrackFormat | undefined;
  #formatRevision = 0;
  #byteLength = 0;

  constructor(description: TrackDescription) {
    this.#description = description;
    const { width, height } = description;
    if (width !== undefined && height !== undefined) this.#setSize(width, height);
  }

  get format(): TrackFormat | undefined {
    return this.#format;
  }

  get formatRevision(): number {
    return this.#formatRevision;
  }

  get byteLength(): number {
    return this.#byteLength;
  }

  plan(data: Uint8Array): AccessUnitPlan {
    if (data[0] !== 0xff || data[1] !== SOI) {
      throw new KvsError(
        'STATUS_MKV_INVALID_FRAME_DATA',
        `A frame of ${data.length} bytes does not begin as a JPEG does (ff d8)`,
      );
    }
    const size = jpegSize(data);
    if (size !== undefined) this.#setSize(size.width, size.height);
    this.#byteLength = data.length;
    return this;
  }

  writeTo(sink: ByteSink, data: Uint8Array): void {
    sink.write(data, 0, data.length);
  }

  #setSize(width: number, height: number): void {
    if (this.#format?.width === width && this.#format.height === height) return;
    const { codecId = FOURCC_CODEC_ID, contentType = CONTENT_TYPE, codecData } = this.#description;
    const codecPrivate =
      codecData ?? (codecId === FOURCC_CODEC_ID ? bitmapInfoHeader(width, height) : undefined);
    this.#format = {
      kind: 'video',
      codecId,
      contentType,
      ...(codecPrivate === undefined ? {} : { codecPrivate }),
      width,
      height,
    };
    this.#formatRevision += 1;
  }
}
