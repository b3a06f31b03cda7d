import type { ReadTag } from '../../matroska/reader-handlers.ts';
import { tagsElement } from '../fragments/fragment-elements.ts';

const PREFIX = 'AWS_KINESISVIDEO_';

/** The tag that ends a fragment without waiting for the next one; it is not stored. */
const END_OF_FRAGMENT = `${PREFIX}END_OF_FRAGMENT`;

/**
 * What the service itself says about a fragment: from a producer, it would be taken for that, a
 * wrong number as well as an error. Events, which have the prefix too, are the producer's to send.
 */
const RESERVED: ReadonlySet<string> = new Set(
  [
    'FRAGMENT_NUMBER',
    'SERVER_TIMESTAMP',
    'SERVER_SIDE_TIMESTAMP',
    'PRODUCER_TIMESTAMP',
    'PRODUCER_SIDE_TIMESTAMP',
    'MILLIS_BEHIND_NOW',
    'CONTINUATION_TOKEN',
    'ERROR_CODE',
    'ERROR_ID',
    'EXCEPTION_ERROR_CODE',
    'EXCEPTION_MESSAGE',
  ].map((name) => PREFIX + name),
);

/** A Tags element of a producer, by what it is for. */
export type SortedTags = {
  /** Whether it ends the fragment. */
  readonly ends: boolean;
  /** The fragment's metadata, without names that are the service's. */
  readonly own: readonly ReadTag[];
  /** What is stored for the fragment; undefined for nothing. A view of `raw`, or made anew. */
  readonly stored: Uint8Array | undefined;
  /** Whether it is all about the file or its tracks: muxers' own. */
  readonly isAboutFile: boolean;
  /** Names that were left out. */
  readonly reserved: readonly string[];
};

/** Sorts what is in a Tags element. */
export function sortTags(tags: readonly ReadTag[], raw: Uint8Array): SortedTags {
  const reserved = tags.filter(({ name }) => RESERVED.has(name)).map(({ name }) => name);
  const others = tags.filter(({ name }) => name !== END_OF_FRAGMENT && !RESERVED.has(name));
  // Tags with targets are about the file and its tracks: ffmpeg's and mkvmerge's own.
  const own = others.filter(({ hasTargets }) => !hasTargets);
  const pairs = own.map(({ name, value }) => [name, value] as const);
  return {
    ends: tags.some(({ name }) => name === END_OF_FRAGMENT),
    own,
    // An element that holds nothing but the end mark is not worth storing.
    stored: own.length === 0 ? undefined : reserved.length === 0 ? raw : tagsElement(pairs),
    isAboutFile: tags.length > 0 && tags.every(({ hasTargets }) => hasTargets) && !reserved.length,
    reserved,
  };
}
