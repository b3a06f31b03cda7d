import { ServiceError } from '../errors/service-error.ts';
import * as members from '../validation/members.ts';
import { integer, oneOf, structure } from '../validation/shapes.ts';
import { MAX_RETENTION_HOURS } from './create-stream.ts';
import { jsonOperation } from './operation.ts';
import { requireActive, requireVersion } from './require-version.ts';

/**
 * UpdateDataRetention. The number is a change: the
 * operation's newer reference says so, and AWS's answers agree, though the reference of 2019 said that
 * it replaces the current value.
 * https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/API_UpdateDataRetention.html
 */
export const updateDataRetention = jsonOperation({
  name: 'UpdateDataRetention',
  path: '/updateDataRetention',
  input: structure(
    {
      StreamName: members.streamName,
      StreamARN: members.streamArn,
      CurrentVersion: members.version,
      Operation: oneOf('INCREASE_DATA_RETENTION', 'DECREASE_DATA_RETENTION'),
      DataRetentionChangeInHours: integer(1),
    },
    'CurrentVersion',
    'Operation',
    'DataRetentionChangeInHours',
  ),
  async run(input, { context }) {
    const stream = context.streams.find(input);
    requireActive(stream.record);
    requireVersion(stream.record, input.CurrentVersion);
    const sign = input.Operation === 'INCREASE_DATA_RETENTION' ? 1 : -1;
    const hours = stream.record.retentionHours + sign * input.DataRetentionChangeInHours;
    if (hours < 0 || hours > MAX_RETENTION_HOURS) {
      throw new ServiceError(
        'InvalidArgumentException',
        `The retention would become ${hours} hours; 0 to ${MAX_RETENTION_HOURS} are allowed.`,
      );
    }
    await context.streams.update(stream, (record) => {
      record.retentionHours = hours;
    });
    await stream.fragments.enforceRetention();
  },
});
