import { encodeTags } from '../../../src/matroska/tags.ts';
import { hex } from '../../media/support.ts';

/** Number of the first fragment; as long as the service's. */
const FIRST_NUMBER = 10n ** 46n;
const FIRST_SECONDS = 1_700_000_000;
/** What a fragment lasts. */
export const FRAGMENT_SECONDS = 4;
export const FRAMES_PER_FRAGMENT = 3;

const HEADER = Buffer.concat([hex('1a45dfa3 8b 4282 88 6d6174726f736b61'), hex('18538067 ff')]);
/** Of unknown size, as producers send it: only what follows says where it ends. */
const CLUSTER = hex('1f43b675 ff e7 81 05');
/** SimpleBlocks whose data are four bytes of the fragment's place and a letter. */
const BLOCKS = Array.from({ length: FRAMES_PER_FRAGMENT }, (_, i) =>
  Buffer.concat([hex(`a3 89 81 000${i} ${i === 0 ? '80' : '00'} 00000000`), Buffer.of(0x61 + i)]),
);

function tags(values: Readonly<Record<string, string>>): Buffer {
  return Buffer.from(encodeTags(Object.entries(values).map(([name, value]) => ({ name, value }))));
}

/** The number of the fragment at a place. */
export function numberOf(index: number): string {
  return String(FIRST_NUMBER + BigInt(index));
}

/** Where the fragment with a number is. */
export function indexOf(number: string): number {
  return Number(BigInt(number) - FIRST_NUMBER);
}

/** When the fragment at a place begins, epoch seconds. */
export function secondsOf(index: number): number {
  return FIRST_SECONDS + FRAGMENT_SECONDS * index;
}

const head = tags({
  AWS_KINESISVIDEO_FRAGMENT_NUMBER: numberOf(0),
  AWS_KINESISVIDEO_SERVER_TIMESTAMP: String(FIRST_SECONDS),
  AWS_KINESISVIDEO_PRODUCER_TIMESTAMP: String(FIRST_SECONDS),
});
const trailer = tags({
  AWS_KINESISVIDEO_CONTINUATION_TOKEN: numberOf(0),
  AWS_KINESISVIDEO_MILLIS_BEHIND_NOW: '0',
});
const parts = [HEADER, head, CLUSTER, ...BLOCKS, trailer];
const template = Buffer.concat(parts);

/** Offsets behind each of a chunk's elements but the last: it may end there without a trace. */
export const SEAMS: readonly number[] = parts
  .slice(0, -1)
  .map((_, i) => parts.slice(0, i + 1).reduce((sum, { length }) => sum + length, 0));

function placesOf(text: string): number[] {
  const places: number[] = [];
  for (let at = template.indexOf(text); at >= 0; at = template.indexOf(text, at + 1)) {
    places.push(at);
  }
  return places;
}

const NUMBERS_AT = placesOf(numberOf(0));
const SECONDS_AT = placesOf(String(FIRST_SECONDS));
const PLACES_AT = BLOCKS.map((_, i) => (SEAMS[2 + i] ?? 0) + 6);

/** A chunk of GetMedia: the fragment at a place, as a document of its own. */
export function mediaChunk(index: number): Buffer {
  const chunk = Buffer.from(template);
  for (const at of NUMBERS_AT) chunk.write(numberOf(index), at, 'latin1');
  for (const at of SECONDS_AT) chunk.write(String(secondsOf(index)), at, 'latin1');
  for (const at of PLACES_AT) chunk.writeUInt32BE(index, at);
  return chunk;
}

/** A chunk of GetMediaForFragmentList, which has no trailer. */
export function archivedChunk(index: number): Buffer {
  return mediaChunk(index).subarray(0, SEAMS.at(-1));
}

/** What the service sends when it cannot go on. */
export function errorChunk(id: number): Buffer {
  const values = {
    AWS_KINESISVIDEO_ERROR_ID: String(id),
    AWS_KINESISVIDEO_ERROR_CODE: 'INTERNAL_ERROR',
  };
  return Buffer.concat([HEADER, tags(values)]);
}

/** The data of the frames of the fragment at a place. */
export function framesOf(index: number): Buffer[] {
  return BLOCKS.map((_, i) => {
    const data = Buffer.alloc(5, 0x61 + i);
    data.writeUInt32BE(index);
    return data;
  });
}
