import type { HostileWorld } from './world.ts';

/** An input of each operation that leaves the world as it is, or that is put right afterwards. */
export function operationInputs({
  arn,
  numbers,
}: HostileWorld): (readonly [path: string, input: object])[] {
  const kept = { StreamName: 'kept' };
  const range = {
    FragmentSelectorType: 'PRODUCER_TIMESTAMP',
    TimestampRange: { StartTimestamp: 0, EndTimestamp: 10 },
  };
  return [
    ['/createStream', { StreamName: 'further', DataRetentionInHours: 1, Tags: { a: 'b' } }],
    ['/describeStream', { StreamARN: arn }],
    [
      '/listStreams',
      {
        MaxResults: 2,
        StreamNameCondition: { ComparisonOperator: 'BEGINS_WITH', ComparisonValue: 'h' },
      },
    ],
    ['/updateStream', { StreamName: 'further', CurrentVersion: 'x', DeviceName: 'y' }],
    [
      '/updateDataRetention',
      {
        StreamName: 'further',
        CurrentVersion: 'x',
        Operation: 'INCREASE_DATA_RETENTION',
        DataRetentionChangeInHours: 1,
      },
    ],
    ['/deleteStream', { StreamARN: arn, CurrentVersion: 'x' }],
    ['/tagStream', { ...kept, Tags: { room: 'hall' } }],
    ['/untagStream', { ...kept, TagKeyList: ['room'] }],
    ['/listTagsForStream', kept],
    ['/TagResource', { ResourceARN: arn, Tags: [{ Key: 'a', Value: 'b' }] }],
    ['/UntagResource', { ResourceARN: arn, TagKeyList: ['a'] }],
    ['/ListTagsForResource', { ResourceARN: arn }],
    ['/getDataEndpoint', { ...kept, APIName: 'GET_MEDIA' }],
    ['/describeImageGenerationConfiguration', kept],
    [
      '/updateImageGenerationConfiguration',
      {
        ...kept,
        ImageGenerationConfiguration: {
          Status: 'DISABLED',
          ImageSelectorType: 'PRODUCER_TIMESTAMP',
          DestinationConfig: { Uri: 's3://b/f', DestinationRegion: 'us-west-2' },
          SamplingInterval: 3000,
          Format: 'JPEG',
        },
      },
    ],
    [
      '/updateNotificationConfiguration',
      {
        ...kept,
        NotificationConfiguration: {
          Status: 'DISABLED',
          DestinationConfig: { Uri: 'arn:aws:sns:us-west-2:1:t' },
        },
      },
    ],
    [
      '/getMedia',
      {
        ...kept,
        StartSelector: { StartSelectorType: 'FRAGMENT_NUMBER', AfterFragmentNumber: numbers[0] },
      },
    ],
    ['/listFragments', { ...kept, MaxResults: 2, FragmentSelector: range }],
    ['/getMediaForFragmentList', { ...kept, Fragments: [...numbers, '1'] }],
    ['/getClip', { ...kept, ClipFragmentSelector: range }],
    [
      '/getHLSStreamingSessionURL',
      {
        ...kept,
        PlaybackMode: 'ON_DEMAND',
        HLSFragmentSelector: range,
        Expires: 300,
        MaxMediaPlaylistFragmentResults: 5,
      },
    ],
    ['/getDASHStreamingSessionURL', { ...kept, PlaybackMode: 'LIVE', DASHFragmentSelector: range }],
    [
      '/startEdgeConfigurationUpdate',
      {
        ...kept,
        EdgeConfig: {
          HubDeviceArn: 'arn:aws:iot:us-west-2:1:thing/x',
          RecorderConfig: {
            MediaSourceConfig: {
              MediaUriSecretArn: 'arn:aws:secretsmanager:us-west-2:1:secret:x',
              MediaUriType: 'RTSP_URI',
            },
          },
        },
      },
    ],
  ];
}
