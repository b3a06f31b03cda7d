import type { PackageName, World } from './world.ts';

/** A call, and how it shall end. */
export type Case = {
  readonly target: PackageName;
  readonly operation: string;
  /** Name of the exception; a result without it. */
  readonly error?: string;
  /**
   * `slow`: where there are as many streams as there can be, each CREATING or DELETING; `limited`: where calls are limited, of which
   * so many are made. Without it, where all goes well.
   */
  readonly place?: 'slow' | 'limited';
  /** Times are epoch seconds. */
  input(world: World): Promise<object> | object;
  /** Members that the result has. */
  readonly has?: readonly string[];
};

const missing = 'ResourceNotFoundException';
const invalid = 'InvalidArgumentException';
const inUse = 'ResourceInUseException';
const stale = 'VersionMismatchException';
const bare = 'NoDataRetentionException';
const STALE_VERSION = 'AAAAAAAAAAAAAAAAAAAA';
const STRANGE = 'not a name';
const HUB = 'arn:aws:iot:us-west-2:123456789012:thing/hub';
const CHANNEL = 'arn:aws:kinesisvideo:us-west-2:123456789012:channel/none/1700000000000';

/** Cases of one operation; each input is of the operation's own members, without the stream's name. */
function of(
  target: PackageName,
  operation: string,
  ...cases: readonly (
    | Omit<Case, 'target' | 'operation'>
    | readonly Omit<Case, 'target' | 'operation'>[]
  )[]
): Case[] {
  return cases.flat().map((one) => ({ target, operation, ...one }));
}

type Input = (world: World) => Promise<object> | object;

function works(input: Input, ...has: string[]): Omit<Case, 'target' | 'operation'> {
  return { input, has };
}

function fails(error: string, input: Input): Omit<Case, 'target' | 'operation'> {
  return { error, input };
}

/** While a stream is being created or deleted. */
function busy(input: Input): Omit<Case, 'target' | 'operation'> {
  return { error: inUse, place: 'slow', input };
}

/** A stream that there is not, and a name that none can have. */
function unnamed(more: Input = () => ({})): Omit<Case, 'target' | 'operation'>[] {
  return [
    fails(missing, async (w) => ({ StreamName: w.name('none'), ...(await more(w)) })),
    fails(invalid, async (w) => ({ StreamName: STRANGE, ...(await more(w)) })),
  ];
}

function on(stream: string, more: object = {}): Input {
  return (w) => ({ StreamName: w.name(stream), ...more });
}

/** All media of the streams. */
function range(w: World): object {
  return { StartTimestamp: w.startSeconds, EndTimestamp: w.startSeconds + 30 };
}

function selector(w: World): object {
  return { FragmentSelectorType: 'PRODUCER_TIMESTAMP', TimestampRange: range(w) };
}

const retention = { Operation: 'INCREASE_DATA_RETENTION', DataRetentionChangeInHours: 1 };
const tiers = { StreamStorageConfiguration: { DefaultStorageTier: 'WARM' } };

function imageConfiguration(w: World): object {
  return {
    ImageGenerationConfiguration: {
      Status: 'DISABLED',
      ImageSelectorType: 'PRODUCER_TIMESTAMP',
      DestinationConfig: { Uri: 's3://conformance', DestinationRegion: w.region },
      SamplingInterval: 3000,
      Format: 'JPEG',
    },
  };
}

function notificationConfiguration(w: World): object {
  const Uri = `arn:aws:sns:${w.region}:123456789012:conformance`;
  return { NotificationConfiguration: { Status: 'DISABLED', DestinationConfig: { Uri } } };
}

const edge = {
  EdgeConfig: {
    HubDeviceArn: HUB,
    RecorderConfig: {
      MediaSourceConfig: {
        MediaUriSecretArn: 'arn:aws:secretsmanager:us-west-2:123456789012:secret:camera',
        MediaUriType: 'RTSP_URI',
      },
    },
  },
};

/** An operation with a stream's version. */
function versioned(operation: string, stream: string, more: object, wrong: object): Case[] {
  return of(
    'video',
    operation,
    works(async (w) => ({
      StreamName: w.name(stream),
      CurrentVersion: await w.version(stream),
      ...more,
    })),
    unnamed(() => ({ CurrentVersion: STALE_VERSION, ...more })),
    fails(invalid, on(stream, { CurrentVersion: STALE_VERSION, ...wrong })),
    fails(stale, on(stream, { CurrentVersion: STALE_VERSION, ...more })),
    busy(on('creating', { CurrentVersion: STALE_VERSION, ...more })),
  );
}

/** What the media of a stream can be refused for. */
function mediaCases(
  input: (w: World, stream: string) => object,
): Omit<Case, 'target' | 'operation'>[] {
  return [
    fails('UnsupportedStreamMediaTypeException', (w) => input(w, 'unknown')),
    fails('MissingCodecPrivateDataException', (w) => input(w, 'missing')),
    fails('InvalidCodecPrivateDataException', (w) => input(w, 'invalid')),
    fails(bare, (w) => input(w, 'bare')),
    fails(missing, (w) => input(w, 'empty')),
  ];
}

function sessionCases(protocol: 'HLS' | 'DASH'): Case[] {
  const input = (w: World, stream: string): object => ({
    StreamName: w.name(stream),
    PlaybackMode: 'ON_DEMAND',
    [`${protocol}FragmentSelector`]: selector(w),
  });
  return of(
    'archived',
    `Get${protocol}StreamingSessionURL`,
    works((w) => input(w, 'main'), `${protocol}StreamingSessionURL`),
    unnamed(),
    fails(invalid, on('main', { PlaybackMode: 'ON_DEMAND' })),
    mediaCases(input),
  );
}

function clip(w: World, stream: string): object {
  return { StreamName: w.name(stream), ClipFragmentSelector: selector(w) };
}

function images(w: World, more: object = {}): object {
  const ImageSelectorType = 'PRODUCER_TIMESTAMP';
  return { ImageSelectorType, Format: 'JPEG', SamplingInterval: 3000, ...range(w), ...more };
}

/** Every operation but those of signaling: its result, and the exceptions that can be had. */
export const CASES: readonly Case[] = [
  ...of(
    'video',
    'CreateStream',
    works((w) => ({ StreamName: w.name('new') }), 'StreamARN'),
    fails(inUse, on('main')),
    { error: 'AccountStreamLimitExceededException', place: 'slow', input: on('new') },
    fails(invalid, () => ({ StreamName: STRANGE })),
  ),
  ...of(
    'video',
    'DeleteStream',
    works(async (w) => ({ StreamARN: await w.arn('doomed') })),
    fails(missing, async (w) => ({ StreamARN: (await w.arn('main')).replace(/\d+$/, '1') })),
    fails(invalid, () => ({ StreamARN: STRANGE })),
    fails(stale, async (w) => ({ StreamARN: await w.arn('main'), CurrentVersion: STALE_VERSION })),
    busy(async (w) => ({ StreamARN: await w.arn('deleting') })),
  ),
  ...of('video', 'DescribeStream', works(on('main'), 'StreamInfo'), unnamed()),
  ...of(
    'video',
    'ListStreams',
    works(() => ({}), 'StreamInfoList'),
    fails(invalid, () => ({ MaxResults: 0 })),
  ),
  ...of(
    'video',
    'GetDataEndpoint',
    works(on('main', { APIName: 'GET_IMAGES' }), 'DataEndpoint'),
    unnamed(() => ({ APIName: 'GET_IMAGES' })),
  ),
  ...versioned('UpdateDataRetention', 'retention', retention, { ...retention, Operation: 'NONE' }),
  ...versioned('UpdateStream', 'renamed', { DeviceName: 'camera' }, { DeviceName: STRANGE }),
  ...versioned('UpdateStreamStorageConfiguration', 'tiered', tiers, {
    StreamStorageConfiguration: { DefaultStorageTier: 'COLD' },
  }),
  ...of(
    'video',
    'DescribeStreamStorageConfiguration',
    works(on('main'), 'StreamStorageConfiguration', 'StreamARN', 'StreamName'),
    unnamed(),
  ),
  ...of(
    'video',
    'TagStream',
    works(on('main', { Tags: { room: 'hall' } })),
    unnamed(() => ({ Tags: { room: 'hall' } })),
    fails('TagsPerResourceExceededLimitException', on('tagged', { Tags: { room: 'hall' } })),
  ),
  ...of('video', 'ListTagsForStream', works(on('tagged'), 'Tags'), unnamed()),
  ...of(
    'video',
    'UntagStream',
    works(on('main', { TagKeyList: ['door'] })),
    unnamed(() => ({ TagKeyList: ['door'] })),
  ),
  ...of(
    'video',
    'TagResource',
    works(async (w) => ({ ResourceARN: await w.arn('main'), Tags: [{ Key: 'a', Value: 'b' }] })),
    fails(missing, async (w) => ({
      ResourceARN: (await w.arn('main')).replace(/\d+$/, '1'),
      Tags: [{ Key: 'a', Value: 'b' }],
    })),
    fails(invalid, async (w) => ({ ResourceARN: await w.arn('main'), Tags: [] })),
    fails('TagsPerResourceExceededLimitException', async (w) => ({
      ResourceARN: await w.arn('tagged'),
      Tags: [{ Key: 'a', Value: 'b' }],
    })),
  ),
  ...of(
    'video',
    'ListTagsForResource',
    works(async (w) => ({ ResourceARN: await w.arn('tagged') }), 'Tags'),
    fails(missing, async (w) => ({ ResourceARN: (await w.arn('main')).replace(/\d+$/, '1') })),
    fails(invalid, () => ({ ResourceARN: STRANGE })),
  ),
  ...of(
    'video',
    'UntagResource',
    works(async (w) => ({ ResourceARN: await w.arn('main'), TagKeyList: ['a'] })),
    fails(missing, async (w) => ({
      ResourceARN: (await w.arn('main')).replace(/\d+$/, '1'),
      TagKeyList: ['a'],
    })),
    fails(invalid, async (w) => ({ ResourceARN: await w.arn('main'), TagKeyList: [] })),
  ),
  ...of(
    'video',
    'UpdateImageGenerationConfiguration',
    works((w) => ({ StreamName: w.name('main'), ...imageConfiguration(w) })),
    unnamed(imageConfiguration),
    fails(bare, (w) => ({ StreamName: w.name('bare'), ...imageConfiguration(w) })),
    busy((w) => ({ StreamName: w.name('creating'), ...imageConfiguration(w) })),
  ),
  ...of(
    'video',
    'DescribeImageGenerationConfiguration',
    works(on('main'), 'ImageGenerationConfiguration'),
    unnamed(),
  ),
  ...of(
    'video',
    'UpdateNotificationConfiguration',
    works((w) => ({ StreamName: w.name('main'), ...notificationConfiguration(w) })),
    unnamed(notificationConfiguration),
    fails(bare, (w) => ({ StreamName: w.name('bare'), ...notificationConfiguration(w) })),
    busy((w) => ({ StreamName: w.name('creating'), ...notificationConfiguration(w) })),
  ),
  ...of(
    'video',
    'DescribeNotificationConfiguration',
    works(on('main'), 'NotificationConfiguration'),
    unnamed(),
  ),
  ...of(
    'video',
    'DescribeMappedResourceConfiguration',
    works(on('main'), 'MappedResourceConfigurationList'),
    unnamed(),
  ),
  ...of(
    'video',
    'DescribeMediaStorageConfiguration',
    fails(missing, () => ({ ChannelName: 'none' })),
    fails(invalid, () => ({ ChannelName: STRANGE })),
  ),
  ...of(
    'video',
    'UpdateMediaStorageConfiguration',
    fails(missing, () => ({
      ChannelARN: CHANNEL,
      MediaStorageConfiguration: { Status: 'DISABLED' },
    })),
    fails(invalid, () => ({
      ChannelARN: STRANGE,
      MediaStorageConfiguration: { Status: 'DISABLED' },
    })),
  ),
  ...['DescribeEdgeConfiguration', 'DeleteEdgeConfiguration'].flatMap((operation) =>
    of(
      'video',
      operation,
      fails('StreamEdgeConfigurationNotFoundException', on('main')),
      unnamed(),
    ),
  ),
  ...of(
    'video',
    'ListEdgeAgentConfigurations',
    works(() => ({ HubDeviceArn: HUB }), 'EdgeConfigs'),
    fails(invalid, () => ({ HubDeviceArn: STRANGE })),
  ),
  ...of(
    'video',
    'StartEdgeConfigurationUpdate',
    fails(invalid, on('main', edge)),
    fails(missing, on('none', edge)),
    fails(bare, on('bare', edge)),
  ),
  ...of(
    'media',
    'GetMedia',
    works(on('main', { StartSelector: { StartSelectorType: 'EARLIEST' } }), 'Payload'),
    unnamed(() => ({ StartSelector: { StartSelectorType: 'EARLIEST' } })),
  ),
  ...of('archived', 'ListFragments', works(on('main'), 'Fragments'), unnamed()),
  ...of(
    'archived',
    'GetMediaForFragmentList',
    works(
      async (w) => ({ StreamName: w.name('main'), Fragments: await w.fragments('main') }),
      'Payload',
    ),
    fails(missing, on('none', { Fragments: ['1'] })),
    fails(invalid, on('main', { Fragments: [] })),
  ),
  ...sessionCases('HLS'),
  ...sessionCases('DASH'),
  ...of(
    'archived',
    'GetClip',
    works((w) => clip(w, 'main'), 'Payload'),
    fails(missing, (w) => clip(w, 'none')),
    fails(invalid, (w) => ({ ...clip(w, 'main'), StreamName: STRANGE })),
    mediaCases(clip),
    fails('InvalidMediaFrameException', (w) => clip(w, 'broken')),
  ),
  ...of(
    'archived',
    'GetImages',
    works((w) => ({ StreamName: w.name('main'), ...images(w) }), 'Images'),
    unnamed(images),
    fails(bare, (w) => ({ StreamName: w.name('bare'), ...images(w) })),
  ),
];

const noIam = 'no IAM: a key that the service knows may do everything';

/** Modelled exceptions that the local service has no cause for, and why. */
export const WITHOUT_CAUSE: Readonly<Record<string, string>> = {
  AccessDeniedException: noIam,
  NotAuthorizedException: noIam,
  DeviceStreamLimitExceededException: 'devices are not known',
  InvalidDeviceException: 'devices are not known',
  InvalidEndpointException: 'one endpoint has all streams',
  InvalidResourceFormatException:
    'what is no ARN breaks the model first, as InvalidArgumentException',
  'CreateStream TagsPerResourceExceededLimitException':
    'more than 50 break the model first, as InvalidArgumentException',
  'GetMedia ConnectionLimitExceededException': 'with a fourth reader; see get-media.test.ts',
  'UpdateMediaStorageConfiguration ResourceInUseException': 'no signaling channels',
  'UpdateMediaStorageConfiguration NoDataRetentionException': 'no signaling channels',
  'StartEdgeConfigurationUpdate ResourceInUseException': 'no edge agents',
};

/** Operations of the SDK that the local service does not have. */
export const SIGNALING = /Signaling/;
