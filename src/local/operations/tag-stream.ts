import { ServiceError } from '../errors/service-error.ts';
import type { LocalStream } from '../streams/local-stream.ts';
import type { StreamRegistry } from '../streams/stream-registry.ts';
import * as members from '../validation/members.ts';
import { list, structure } from '../validation/shapes.ts';
import { jsonOperation } from './operation.ts';

/** Tags per stream. */
const MAX_TAGS = 50;
/** What AWS keeps for itself; https://docs.aws.amazon.com/general/latest/gr/aws_tagging.html */
const RESERVED_KEY = /^aws:/i;

/**
 * TagStream: adds tags, replacing values of known keys.
 * https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/API_TagStream.html
 */
export const tagStream = jsonOperation({
  name: 'TagStream',
  path: '/tagStream',
  input: structure(
    { StreamARN: members.streamArn, StreamName: members.streamName, Tags: members.tags },
    'Tags',
  ),
  run(input, { context }) {
    return addTags(context.streams, context.streams.find(input), input.Tags);
  },
});

/** TagResource: the same, with tags as a list. */
export const tagResource = jsonOperation({
  name: 'TagResource',
  path: '/TagResource',
  input: structure(
    {
      ResourceARN: members.streamArn,
      Tags: list(
        1,
        MAX_TAGS,
        structure({ Key: members.tagKey, Value: members.tagValue }, 'Key', 'Value'),
      ),
    },
    'ResourceARN',
    'Tags',
  ),
  run(input, { context }) {
    const stream = context.streams.find({ StreamARN: input.ResourceARN });
    const tags = Object.fromEntries(input.Tags.map(({ Key, Value }) => [Key, Value]));
    return addTags(context.streams, stream, tags);
  },
});

async function addTags(
  streams: StreamRegistry,
  stream: LocalStream,
  tags: Record<string, string>,
): Promise<void> {
  checkTagKeys(tags);
  const all = { ...stream.record.tags, ...tags };
  if (Object.keys(all).length > MAX_TAGS) {
    throw new ServiceError(
      'TagsPerResourceExceededLimitException',
      `The stream would have more than ${MAX_TAGS} tags.`,
    );
  }
  await streams.change(stream, (record) => {
    record.tags = all;
  });
}

/** @throws ServiceError InvalidArgumentException for a key that nobody but AWS may set */
export function checkTagKeys(tags: Readonly<Record<string, string>>): void {
  const reserved = Object.keys(tags).find((key) => RESERVED_KEY.test(key));
  if (reserved === undefined) return;
  throw new ServiceError(
    'InvalidArgumentException',
    `The tag key ${reserved} begins with aws:, which is reserved for AWS.`,
  );
}
