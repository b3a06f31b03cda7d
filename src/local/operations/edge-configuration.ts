import { ServiceError } from '../errors/service-error.ts';
import * as members from '../validation/members.ts';
import { boolean, integer, oneOf, structure, text } from '../validation/shapes.ts';
import { jsonOperation } from './operation.ts';
import { requireRetention } from './playback-range.ts';

/** The service has no edge agents: no device is supported, and no stream has a configuration. */
const stream = structure({ StreamName: members.streamName, StreamARN: members.streamArn });

const hubDeviceArn = text(1, 1024, 'arn:[a-z\\d-]+:iot:[a-z0-9-]+:[0-9]+:thing/[a-zA-Z0-9_.-]+');

const scheduleConfig = structure(
  { ScheduleExpression: text(11, 100, '[^\\n]{11,100}'), DurationInSeconds: integer(60, 3600) },
  'ScheduleExpression',
  'DurationInSeconds',
);

const edgeConfig = structure(
  {
    HubDeviceArn: hubDeviceArn,
    RecorderConfig: structure(
      {
        MediaSourceConfig: structure(
          {
            MediaUriSecretArn: text(
              20,
              2048,
              'arn:[a-z\\d-]+:secretsmanager:[a-z0-9-]+:[0-9]+:secret:[a-zA-Z0-9_.-]+',
            ),
            MediaUriType: oneOf('RTSP_URI', 'FILE_URI'),
          },
          'MediaUriSecretArn',
          'MediaUriType',
        ),
        ScheduleConfig: scheduleConfig,
      },
      'MediaSourceConfig',
    ),
    UploaderConfig: structure({ ScheduleConfig: scheduleConfig }, 'ScheduleConfig'),
    DeletionConfig: structure({
      EdgeRetentionInHours: integer(1, 720),
      LocalSizeConfig: structure({
        MaxLocalMediaSizeInMB: integer(64, 2_000_000),
        StrategyOnFullSize: oneOf('DELETE_OLDEST_MEDIA', 'DENY_NEW_MEDIA'),
      }),
      DeleteAfterUpload: boolean,
    }),
  },
  'HubDeviceArn',
  'RecorderConfig',
);

/**
 * StartEdgeConfigurationUpdate.
 * https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/API_StartEdgeConfigurationUpdate.html
 */
export const startEdgeConfigurationUpdate = jsonOperation({
  name: 'StartEdgeConfigurationUpdate',
  path: '/startEdgeConfigurationUpdate',
  input: structure(
    { StreamName: members.streamName, StreamARN: members.streamArn, EdgeConfig: edgeConfig },
    'EdgeConfig',
  ),
  run(input, { context }) {
    requireRetention(context.streams.find(input).record);
    throw new ServiceError(
      'InvalidArgumentException',
      `The hub device '${input.EdgeConfig.HubDeviceArn}' is not supported.`,
    );
  },
});

/**
 * DescribeEdgeConfiguration.
 * https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/API_DescribeEdgeConfiguration.html
 */
export const describeEdgeConfiguration = withoutConfiguration('DescribeEdgeConfiguration');

/**
 * DeleteEdgeConfiguration.
 * https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/API_DeleteEdgeConfiguration.html
 */
export const deleteEdgeConfiguration = withoutConfiguration('DeleteEdgeConfiguration');

function withoutConfiguration(name: string) {
  return jsonOperation({
    name,
    path: `/${name.charAt(0).toLowerCase()}${name.slice(1)}`,
    input: stream,
    run(input, { context }) {
      const { record } = context.streams.find(input);
      throw new ServiceError(
        'StreamEdgeConfigurationNotFoundException',
        `The stream '${record.name}' has no edge configuration.`,
      );
    },
  });
}

/**
 * ListEdgeAgentConfigurations.
 * https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/API_ListEdgeAgentConfigurations.html
 */
export const listEdgeAgentConfigurations = jsonOperation({
  name: 'ListEdgeAgentConfigurations',
  path: '/listEdgeAgentConfigurations',
  input: structure(
    { HubDeviceArn: hubDeviceArn, MaxResults: integer(1, 10), NextToken: members.nextToken },
    'HubDeviceArn',
  ),
  run() {
    return { EdgeConfigs: [] };
  },
});
