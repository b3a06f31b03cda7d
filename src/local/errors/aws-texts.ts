/**
 * What AWS says of an exception whatever the case, from the documentation of the SDKs' models; a
 * client that reads more than that would not get it from AWS.
 */
export const AWS_TEXTS: Readonly<Record<string, string | undefined>> = {
  AccountStreamLimitExceededException: 'The number of streams created for the account is too high.',
  ConnectionLimitExceededException:
    'Kinesis Video Streams has throttled the request because you have exceeded the limit of ' +
    'allowed client connections.',
  InternalFailure:
    'The request processing has failed because of an unknown error, exception or failure.',
  InvalidCodecPrivateDataException:
    'The codec private data in at least one of the tracks of the video stream is not valid for ' +
    'this operation.',
  InvalidMediaFrameException:
    'One or more frames in the requested clip could not be parsed based on the specified codec.',
  MissingCodecPrivateDataException:
    'No codec private data was found in at least one of tracks of the video stream.',
  NoDataRetentionException: 'The Stream data retention in hours is equal to zero.',
  TagsPerResourceExceededLimitException:
    'You have exceeded the limit of tags that you can associate with the resource. A Kinesis video ' +
    'stream can support up to 50 tags.',
  UnsupportedStreamMediaTypeException:
    'The type of the media (for example, h.264 or h.265 video or ACC or G.711 audio) could not be ' +
    'determined from the codec IDs of the tracks in the first fragment for a playback session. The ' +
    'codec ID for track 1 should be V_MPEG/ISO/AVC and, optionally, the codec ID for track 2 should ' +
    'be A_AAC.',
  VersionMismatchException:
    'The stream version that you specified is not the latest version. To get the latest version, ' +
    'use the DescribeStream API.',
};
