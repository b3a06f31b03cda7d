import { promisify } from 'node:util';
import { crc32, deflate } from 'node:zlib';

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
/** IHDR: 8 bits per sample, red, green and blue, no interlacing. */
const TRUE_COLOUR = Uint8Array.of(8, 2, 0, 0, 0);
const BYTES_PER_PIXEL = 3;
/** Filter type 2: each row as its difference to the one above (PNG specification, section 9). */
const UP = 2;

const compress = promisify(deflate);

/** A PNG file of an image of decodeImages in the format `rgb`. */
export async function writePng({
  width,
  height,
  data,
}: {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}): Promise<Uint8Array> {
  const header = Buffer.alloc(8 + TRUE_COLOUR.length);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set(TRUE_COLOUR, 8);
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    chunk('IDAT', await compress(filtered(data, width * BYTES_PER_PIXEL, height))),
    chunk('IEND', new Uint8Array()),
  ]);
}

function filtered(data: Uint8Array, rowBytes: number, height: number): Uint8Array {
  const rows = new Uint8Array((rowBytes + 1) * height);
  for (let y = 0, at = 0; y < height; y += 1) {
    rows[at] = UP;
    at += 1;
    for (let i = y * rowBytes; i < (y + 1) * rowBytes; i += 1, at += 1) {
      rows[at] = (data[i] ?? 0) - (y === 0 ? 0 : (data[i - rowBytes] ?? 0));
    }
  }
  return rows;
}

function chunk(type: string, data: Uint8Array): Buffer {
  const bytes = Buffer.alloc(4 + 4 + data.length + 4);
  bytes.writeUInt32BE(data.length, 0);
  bytes.write(type, 4, 'latin1');
  bytes.set(data, 8);
  bytes.writeUInt32BE(crc32(bytes.subarray(4, 8 + data.length)), 8 + data.length);
  return bytes;
}
