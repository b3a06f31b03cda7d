import { MatroskaReader } from '../../matroska/reader.ts';

/** What asks for something in a fragment's tags, and what was said beside it. */
export type TagEvent = {
  /** Tags beside the one that asks, without those of KVS. */
  readonly pairs: Readonly<Record<string, string>>;
  readonly imagePrefix: string | undefined;
};

const RESERVED = 'AWS_KINESISVIDEO_';

/**
 * The events of a kind in a stored fragment: each is a Tags element that has the tag `name`.
 * https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/notifications.html
 */
export function tagEvents(file: Uint8Array, name: string): TagEvent[] {
  const events: TagEvent[] = [];
  const reader = new MatroskaReader({
    tags: (tags) => {
      if (!tags.some((tag) => tag.name === name)) return;
      const own = tags.filter((tag) => !tag.name.startsWith(RESERVED) && !tag.hasTargets);
      events.push({
        pairs: Object.fromEntries(own.map((tag) => [tag.name, tag.value])),
        imagePrefix: tags.find((tag) => tag.name === `${RESERVED}IMAGE_PREFIX`)?.value,
      });
    },
  });
  reader.push(file);
  return events;
}
