/** Numbers that decide what is done; the same for the same seed. */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** In [0, 1): Mulberry32. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number below `limit`. */
  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(values: readonly T[]): T {
    const value = values[this.below(values.length)];
    if (value === undefined) throw new Error('nothing to pick from');
    return value;
  }
}

/** What parsers stumble over. */
const TOKENS: readonly Buffer[] = [
  '',
  '\0',
  '\r\n',
  '\r\n\r\n',
  '%00',
  '%',
  '%zz',
  '..%2f',
  '../',
  '//',
  '?',
  '&',
  '=',
  '"',
  '{',
  '[[[[[[[[',
  ']',
  'null',
  '-1',
  '1e999',
  '9'.repeat(400),
  '__proto__',
  'constructor',
  '\u2028',
  '\ud83d\ude00',
  'a'.repeat(5000),
  'AWS_KINESISVIDEO_FRAGMENT_NUMBER',
]
  .map((text) => Buffer.from(text))
  .concat([
    Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
    Buffer.from([0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
    Buffer.from([0xc3, 0x28]),
    Buffer.from([0x1f, 0x43, 0xb6, 0x75]),
    Buffer.from([0x1a, 0x45, 0xdf, 0xa3]),
    Buffer.from([0xa3, 0x1f, 0xff, 0xff, 0xff]),
  ]);

/** Bytes with one to four things done to them: bits, ranges, tokens, ends. */
export function mutated(source: Uint8Array, dice: Dice): Buffer {
  let bytes = Buffer.from(source);
  for (let times = 1 + dice.below(4); times > 0; times--) bytes = once(bytes, dice);
  return bytes;
}

function once(bytes: Buffer<ArrayBuffer>, dice: Dice): Buffer<ArrayBuffer> {
  const at = dice.below(bytes.length + 1);
  const end = Math.min(bytes.length, at + 1 + dice.below(dice.chance(0.2) ? 200 : 8));
  const range = bytes.subarray(at, end);
  switch (dice.below(7)) {
    case 0:
      if (at < bytes.length) bytes[at] = (bytes[at] ?? 0) ^ (1 << dice.below(8));
      return bytes;
    case 1:
      if (at < bytes.length) bytes[at] = dice.pick([0, 1, 0x7f, 0x80, 0xff, dice.below(256)]);
      return bytes;
    case 2:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(end)]);
    case 3:
      return Buffer.concat([bytes.subarray(0, end), range, bytes.subarray(end)]);
    case 4:
      return Buffer.concat([bytes.subarray(0, at), dice.pick(TOKENS), bytes.subarray(at)]);
    case 5:
      return Buffer.concat([bytes.subarray(0, at), dice.pick(TOKENS), bytes.subarray(end)]);
    default:
      return dice.chance(0.3) ? bytes.subarray(0, at) : bytes;
  }
}

/** Text with the same done to it. */
export function mutatedText(text: string, dice: Dice): string {
  return mutated(Buffer.from(text), dice).toString('utf8');
}

const ODD: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1.5,
  1e308,
  2 ** 53,
  '',
  '\0',
  'x',
  '../..',
  'a'.repeat(2000),
  '\ud800',
  [],
  {},
  [[[[[]]]]],
  { length: 5 },
  '2026-13-99',
  'arn:aws:kinesisvideo:us-west-2:1:stream/x/1',
];

/** JSON that still is JSON, with members that are not what they should be. */
export function mutatedJson(value: unknown, dice: Dice): unknown {
  if (dice.chance(0.12)) return dice.pick(ODD);
  if (Array.isArray(value)) {
    const items = value.map((item) => mutatedJson(item, dice));
    return dice.chance(0.1) ? Array(2000).fill(items[0] ?? null) : items;
  }
  if (typeof value === 'string') return dice.chance(0.15) ? mutatedText(value, dice) : value;
  if (typeof value === 'number') return dice.chance(0.15) ? value * dice.pick([-1, 1e9]) : value;
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value)
    .filter(() => !dice.chance(0.05))
    .map(([name, item]) => [
      dice.chance(0.04) ? dice.pick(['__proto__', 'constructor', 'toString', '', name]) : name,
      mutatedJson(item, dice),
    ]);
  return Object.fromEntries(entries);
}
