import * as members from '../validation/members.ts';
import { structure } from '../validation/shapes.ts';
import { jsonOperation } from './operation.ts';
import { requireActive, requireVersion } from './require-version.ts';

/**
 * UpdateStream: device name and media type.
 * https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/API_UpdateStream.html
 */
export const updateStream = jsonOperation({
  name: 'UpdateStream',
  path: '/updateStream',
  input: structure(
    {
      StreamName: members.streamName,
      StreamARN: members.streamArn,
      CurrentVersion: members.version,
      DeviceName: members.deviceName,
      MediaType: members.mediaType,
    },
    'CurrentVersion',
  ),
  async run(input, { context }) {
    const stream = context.streams.find(input);
    requireActive(stream.record);
    requireVersion(stream.record, input.CurrentVersion);
    await context.streams.update(stream, (record) => {
      if (input.DeviceName !== undefined) record.deviceName = input.DeviceName;
      if (input.MediaType !== undefined) record.mediaType = input.MediaType;
    });
  },
});
