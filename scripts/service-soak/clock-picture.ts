/** A picture that tells the time by its pixels: whoever shows it tells how old it is. */
export const PICTURE = { width: 256, height: 144 } as const;
/** Two rows of blocks, white for 1: 24 bits of milliseconds and 8 that check them. */
const COLUMNS = 16;
const BLOCK = PICTURE.width / COLUMNS;
/** What the time begins anew after: four hours and a half. */
export const CLOCK_MS = 2 ** 24;
/** Makes a black and a white picture no time. */
const CHECK = 0xa5;
/** ITU-R BT.601, limited range. */
const [BLACK, WHITE, NO_COLOUR] = [16, 235, 128];

/** Makes pictures as I420, with something that moves below the blocks for the encoder to do. */
export class ClockPicture {
  readonly #picture = Buffer.alloc((PICTURE.width * PICTURE.height * 3) / 2, NO_COLOUR);
  #number = 0;

  /** The picture of a time; the same memory each time. */
  draw(epochMs: number): Buffer {
    const { width, height } = PICTURE;
    const bits = codeOf(epochMs);
    for (let i = 0; i < 2 * COLUMNS; i++) {
      const level = (bits >>> (31 - i)) & 1 ? WHITE : BLACK;
      const left = (i % COLUMNS) * BLOCK;
      const top = Math.floor(i / COLUMNS) * BLOCK;
      for (let y = top; y < top + BLOCK; y++) {
        this.#picture.fill(level, y * width + left, y * width + left + BLOCK);
      }
    }
    this.#number += 1;
    for (let y = 2 * BLOCK; y < height; y++) {
      for (let x = 0; x < width; x++) {
        this.#picture[y * width + x] =
          BLACK + (((x * x + y * y + this.#number * 7 * y) >> 5) % 200);
      }
    }
    return this.#picture;
  }
}

/** Source of a function of the page that reads the time off a video; undefined when none is there. */
export const READ_CLOCK = `(() => {
  const canvas = document.createElement('canvas');
  canvas.width = ${PICTURE.width};
  canvas.height = ${2 * BLOCK};
  const context = canvas.getContext('2d', { willReadFrequently: true });
  return (video) => {
    context.drawImage(video, 0, 0, ${PICTURE.width}, ${PICTURE.height});
    const { data } = context.getImageData(0, 0, ${PICTURE.width}, ${2 * BLOCK});
    let bits = 0;
    for (let i = 0; i < ${2 * COLUMNS}; i++) {
      const x = ((i % ${COLUMNS}) + 0.5) * ${BLOCK};
      const y = (Math.floor(i / ${COLUMNS}) + 0.5) * ${BLOCK};
      bits = (bits << 1) | (data[(y * ${PICTURE.width} + x) * 4] > 127 ? 1 : 0);
    }
    const ms = bits >>> 8;
    const check = ((ms >>> 16) ^ (ms >>> 8) ^ ms ^ ${CHECK}) & 255;
    return check === (bits & 255) ? ms : undefined;
  };
})()`;

function codeOf(epochMs: number): number {
  const ms = Math.floor(epochMs) % CLOCK_MS;
  const check = ((ms >>> 16) ^ (ms >>> 8) ^ ms ^ CHECK) & 255;
  return ((ms << 8) | check) >>> 0;
}
