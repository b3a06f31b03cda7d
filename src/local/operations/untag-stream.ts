import type { LocalStream } from '../streams/local-stream.ts';
import type { StreamRegistry } from '../streams/stream-registry.ts';
import * as members from '../validation/members.ts';
import { structure } from '../validation/shapes.ts';
import { jsonOperation } from './operation.ts';

/**
 * UntagStream: unknown keys are ignored.
 * https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/API_UntagStream.html
 */
export const untagStream = jsonOperation({
  name: 'UntagStream',
  path: '/untagStream',
  input: structure(
    {
      StreamARN: members.streamArn,
      StreamName: members.streamName,
      TagKeyList: members.tagKeyList,
    },
    'TagKeyList',
  ),
  run(input, { context }) {
    return removeTags(context.streams, context.streams.find(input), input.TagKeyList);
  },
});

/** UntagResource: the same by ARN. */
export const untagResource = jsonOperation({
  name: 'UntagResource',
  path: '/UntagResource',
  input: structure(
    { ResourceARN: members.streamArn, TagKeyList: members.tagKeyList },
    'ResourceARN',
    'TagKeyList',
  ),
  run(input, { context }) {
    const stream = context.streams.find({ StreamARN: input.ResourceARN });
    return removeTags(context.streams, stream, input.TagKeyList);
  },
});

async function removeTags(
  streams: StreamRegistry,
  stream: LocalStream,
  keys: string[],
): Promise<void> {
  const kept = Object.entries(stream.record.tags).filter(([key]) => !keys.includes(key));
  await streams.change(stream, (record) => {
    record.tags = Object.fromEntries(kept);
  });
}
