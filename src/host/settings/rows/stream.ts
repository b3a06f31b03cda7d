import type { Rows } from './property-row.ts';

/** The stream in Kinesis Video Streams: its name, and what it is made with. */
export const STREAM_ROWS = {
  'stream-name': {
    to: 'stream',
    field: 'streamName',
    type: 'text',
    default: 'DEFAULT_STREAM',
    about:
      'Name of the stream: 1 to 256 of the characters a-z, A-Z, 0-9, `_`, `.` and `-`. Without a name or an ARN, the element ' +
      'refuses to start. Ignored if `stream-arn` is set.',
    apiDiffers: "a random name of 16 characters; upstream's kvssink has `DEFAULT_STREAM`",
  },
  'stream-arn': {
    to: 'stream',
    field: 'streamArn',
    type: 'text',
    default: null,
    about: 'ARN of an existing stream, used instead of `stream-name`.',
    upstream: 'new',
  },
  'allow-create-stream': {
    to: 'stream',
    field: 'allowStreamCreation',
    type: 'flag',
    default: true,
    about: 'Creates the stream if it does not exist. If false, a missing stream is an error.',
  },
  'retention-period': {
    to: 'stream',
    field: 'retentionHours',
    type: 'uint',
    default: 2,
    unit: 'hours',
    zero: 'nothing is kept',
    range: [0, 87_600],
    about:
      'How long the service keeps the media of a stream that this element creates. An existing stream keeps its own ' +
      'retention.',
    apiDiffers: "1 hour, as in the developer guide's StreamDefinition; upstream's kvssink has 2",
  },
  'kms-key-id': {
    to: 'stream',
    field: 'kmsKeyId',
    type: 'text',
    default: null,
    about:
      'ID, alias or ARN of the KMS key that encrypts a stream that this element creates. By default, Kinesis Video Streams ' +
      'uses a key of its own.',
    upstream: 'new',
  },
  'stream-tags': {
    to: 'stream',
    field: 'tags',
    type: 'texts',
    default: null,
    about:
      "Tags of the stream, at most 50: `tags,key1=(string)value1,key2=(string)value2`. The structure's name is ignored. Tag " +
      'names have at most 128 bytes, values at most 1024.',
    upstream:
      'If a value is not a string, all tags are dropped, with a line in the log. Here, the element refuses to start.',
  },
  'content-type': {
    to: 'stream',
    field: 'contentType',
    type: 'text',
    default: null,
    about:
      'Media type of a stream that this element creates, at most 128 bytes. By default, it is derived from the caps, for ' +
      'example `video/h264,audio/aac`. Together with `codec-id`, it makes the pads accept any caps.',
    upstream: 'The caps always overwrite it.',
  },
  'codec-id': {
    to: 'host',
    field: 'codecId',
    type: 'text',
    default: 'V_MPEG4/ISO/AVC',
    unset: 'V_MPEG4/ISO/AVC',
    about:
      'Matroska codec ID of the first track, at most 32 bytes, for codecs that are not known from their caps. The default ' +
      'value counts as not set: the caps decide.',
    upstream:
      'It is sent unchanged for H.264, and overwritten for H.265 and for audio-only streams.',
  },
  'track-name': {
    to: 'host',
    field: 'trackName',
    type: 'text',
    default: 'kinesis_video',
    about:
      'Matroska name of the video track, at most 32 bytes. An audio track is called `audio`, even if it is the only one.',
  },
} as const satisfies Rows;
