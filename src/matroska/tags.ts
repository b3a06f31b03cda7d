import { KvsError } from '../errors/kvs-error.ts';
import { element, encodeElements, text } from './ebml.ts';
import { ID } from './ids.ts';
import { checkBytes, MATROSKA_LIMITS } from './matroska-limits.ts';

/** A fragment tag: one SimpleTag. */
export type MatroskaTag = { readonly name: string; readonly value: string };

/** Names that KVS gives meaning to all begin so; an application's must not. */
const RESERVED_PREFIX = 'AWS';

/** Tag names of the service. */
export const TAG = {
  END_OF_FRAGMENT: 'AWS_KINESISVIDEO_END_OF_FRAGMENT',
  NOTIFICATION: 'AWS_KINESISVIDEO_NOTIFICATION',
  IMAGE_GENERATION: 'AWS_KINESISVIDEO_IMAGE_GENERATION',
  IMAGE_PREFIX: 'AWS_KINESISVIDEO_IMAGE_PREFIX',
} as const;

/**
 * One Tags element with one Tag that has the given SimpleTags, every size of eight bytes, as
 * upstream writes it. A fragment's metadata item is one Tags element with one SimpleTag; an
 * event and its pairs are one Tags element together.
 *
 * @throws KvsError STATUS_MKV_INVALID_TAG_NAME_LENGTH or …_VALUE_LENGTH
 */
export function encodeTags(tags: readonly MatroskaTag[]): Uint8Array {
  for (const { name, value } of tags) {
    checkBytes(
      'Tag name',
      name,
      MATROSKA_LIMITS.tagNameBytes,
      'STATUS_MKV_INVALID_TAG_NAME_LENGTH',
      1,
    );
    checkBytes(
      `Value of tag "${name}"`,
      value,
      MATROSKA_LIMITS.tagValueBytes,
      'STATUS_MKV_INVALID_TAG_VALUE_LENGTH',
    );
  }
  const simpleTags = tags.map(({ name, value }) =>
    element(
      ID.SIMPLE_TAG,
      [element(ID.TAG_NAME, text(name), 8), element(ID.TAG_STRING, text(value), 8)],
      8,
    ),
  );
  return encodeElements([element(ID.TAGS, [element(ID.TAG, simpleTags, 8)], 8)]);
}

/** The 84 bytes that tell KVS that a fragment is whole, so that it need not wait for the next. */
export const END_OF_FRAGMENT: Uint8Array = encodeTags([{ name: TAG.END_OF_FRAGMENT, value: '' }]);

/**
 * Checks a metadata item of an application.
 * @throws KvsError STATUS_INVALID_METADATA_NAME for names that begin with "AWS", and as encodeTags
 */
export function checkMetadata({ name, value }: MatroskaTag): void {
  if (name.startsWith(RESERVED_PREFIX)) {
    throw new KvsError(
      'STATUS_INVALID_METADATA_NAME',
      `The metadata name "${name}" begins with ${RESERVED_PREFIX}, which KVS reserves`,
    );
  }
  encodeTags([{ name, value }]);
}

/** What an image generation or notification event carries. */
export type EventTags = {
  readonly imagePrefix?: string | undefined;
  readonly pairs?: Readonly<Record<string, string>> | undefined;
};

function eventPairs({ pairs = {} }: EventTags): MatroskaTag[] {
  return Object.entries(pairs).map(([name, value]) => {
    if (name.startsWith(RESERVED_PREFIX)) {
      throw new KvsError(
        'STATUS_INVALID_METADATA_NAME',
        `The event pair "${name}" begins with ${RESERVED_PREFIX}, which KVS reserves`,
      );
    }
    checkBytes(
      'Event pair name',
      name,
      MATROSKA_LIMITS.tagNameBytes,
      'STATUS_INVALID_IMAGE_METADATA_KEY_LENGTH',
      1,
    );
    checkBytes(
      `Value of event pair "${name}"`,
      value,
      MATROSKA_LIMITS.tagValueBytes,
      'STATUS_INVALID_IMAGE_METADATA_VALUE_LENGTH',
    );
    return { name, value };
  });
}

/**
 * The SimpleTags of a notification event.
 * @throws KvsError when a pair is too long or begins with "AWS"
 */
export function notificationTags(event: EventTags): MatroskaTag[] {
  return [{ name: TAG.NOTIFICATION, value: '' }, ...eventPairs(event)];
}

/**
 * The SimpleTags of an image generation event.
 * @throws KvsError when the prefix or a pair is too long or begins with "AWS"
 */
export function imageGenerationTags(event: EventTags): MatroskaTag[] {
  const { imagePrefix } = event;
  if (imagePrefix !== undefined) {
    checkBytes(
      'Image prefix',
      imagePrefix,
      MATROSKA_LIMITS.tagValueBytes,
      'STATUS_INVALID_IMAGE_PREFIX_LENGTH',
    );
    if (imagePrefix.startsWith(RESERVED_PREFIX)) {
      throw new KvsError(
        'STATUS_INVALID_METADATA_NAME',
        `The image prefix "${imagePrefix}" begins with ${RESERVED_PREFIX}`,
      );
    }
  }
  return [
    { name: TAG.IMAGE_GENERATION, value: '' },
    ...(imagePrefix === undefined ? [] : [{ name: TAG.IMAGE_PREFIX, value: imagePrefix }]),
    ...eventPairs(event),
  ];
}
