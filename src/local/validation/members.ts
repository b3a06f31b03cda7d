import { integer, list, map, oneOf, structure, text, timestamp } from './shapes.ts';

/**
 * The members that several operations share, with the limits of the API reference
 * (https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/API_Reference.html) of 2019; where AWS's newer
 * service models are wider, they are followed.
 */
export const streamName = text(1, 256, '[a-zA-Z0-9_.-]+');
export const streamArn = text(
  1,
  1024,
  'arn:[a-z\\d-]+:kinesisvideo:[a-z0-9-]+:[0-9]+:[a-z]+/[a-zA-Z0-9_.-]+/[0-9]+',
);
export const deviceName = text(1, 128, '[a-zA-Z0-9_.-]+');
export const mediaType = text(
  1,
  128,
  '[\\w\\-\\.\\+]+/[\\w\\-\\.\\+]+(,[\\w\\-\\.\\+]+/[\\w\\-\\.\\+]+)*',
);
export const kmsKeyId = text(1, 2048, '.+');
export const version = text(1, 64, '[a-zA-Z0-9]+');
export const nextToken = text(0, 1024, '[a-zA-Z0-9+/=]*');
export const tagKey = text(1, 128, '([\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*)');
export const tagValue = text(0, 256, '[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*');
export const tags = map(1, 50, tagKey, tagValue);
export const tagKeyList = list(1, 50, tagKey);
export const fragmentNumber = text(1, 128, '[0-9]+');

/** Of images. */
export const imageFormat = oneOf('JPEG', 'PNG');
export const formatConfig = map(1, 1, oneOf('JPEGQuality'), text(0, 256, '^[a-zA-Z_0-9]+'));
export const widthPixels = integer(1, 3840);
export const heightPixels = integer(1, 2160);
export const samplingInterval = integer(Number.MIN_SAFE_INTEGER);

export const streamStorageConfiguration = structure(
  { DefaultStorageTier: oneOf('HOT', 'WARM') },
  'DefaultStorageTier',
);

/** Of deliveries. */
export const configurationStatus = oneOf('ENABLED', 'DISABLED');
export const destinationUri = text(1, 255, '^[a-zA-Z_0-9]+:(//)?([^/]+)/?([^*]*)$');

/** How a streaming session's list of fragments grows. */
export const playbackMode = oneOf('LIVE', 'LIVE_REPLAY', 'ON_DEMAND');
export const alwaysOrNever = oneOf('ALWAYS', 'NEVER');

/** Which of a fragment's two times a selector means. */
export const timestampOrigin = oneOf('PRODUCER_TIMESTAMP', 'SERVER_TIMESTAMP');
export const timestampRange = structure(
  { StartTimestamp: timestamp, EndTimestamp: timestamp },
  'StartTimestamp',
  'EndTimestamp',
);
