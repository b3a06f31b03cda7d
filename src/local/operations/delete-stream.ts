import * as members from '../validation/members.ts';
import { structure } from '../validation/shapes.ts';
import { jsonOperation } from './operation.ts';
import { requireVersion } from './require-version.ts';

/**
 * DeleteStream; the version is optional here alone.
 * https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/API_DeleteStream.html
 */
export const deleteStream = jsonOperation({
  name: 'DeleteStream',
  path: '/deleteStream',
  input: structure({ StreamARN: members.streamArn, CurrentVersion: members.version }, 'StreamARN'),
  async run(input, { context }) {
    const stream = context.streams.find({ StreamARN: input.StreamARN });
    if (input.CurrentVersion !== undefined) requireVersion(stream.record, input.CurrentVersion);
    await context.streams.remove(stream);
  },
});
