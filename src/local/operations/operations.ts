import { createStream } from './create-stream.ts';
import { deleteStream } from './delete-stream.ts';
import { describeStream } from './describe-stream.ts';
import {
  deleteEdgeConfiguration,
  describeEdgeConfiguration,
  listEdgeAgentConfigurations,
  startEdgeConfigurationUpdate,
} from './edge-configuration.ts';
import { getClip } from './get-clip.ts';
import { getDashStreamingSessionUrl } from './get-dash-streaming-session-url.ts';
import { getDataEndpoint } from './get-data-endpoint.ts';
import { getHlsStreamingSessionUrl } from './get-hls-streaming-session-url.ts';
import { getImages } from './get-images.ts';
import { getMedia } from './get-media.ts';
import { getMediaForFragmentList } from './get-media-for-fragment-list.ts';
import {
  describeImageGenerationConfiguration,
  updateImageGenerationConfiguration,
} from './image-generation-configuration.ts';
import { listFragments } from './list-fragments.ts';
import { listStreams } from './list-streams.ts';
import { listTagsForResource, listTagsForStream } from './list-tags-for-stream.ts';
import {
  describeMappedResourceConfiguration,
  describeMediaStorageConfiguration,
  updateMediaStorageConfiguration,
} from './media-storage-configuration.ts';
import {
  describeNotificationConfiguration,
  updateNotificationConfiguration,
} from './notification-configuration.ts';
import type { Operation } from './operation.ts';
import { putMedia } from './put-media.ts';
import {
  describeStreamStorageConfiguration,
  updateStreamStorageConfiguration,
} from './stream-storage-configuration.ts';
import { tagResource, tagStream } from './tag-stream.ts';
import { untagResource, untagStream } from './untag-stream.ts';
import { updateDataRetention } from './update-data-retention.ts';
import { updateStream } from './update-stream.ts';

const all: readonly Operation[] = [
  createStream,
  deleteEdgeConfiguration,
  deleteStream,
  describeEdgeConfiguration,
  describeImageGenerationConfiguration,
  describeMappedResourceConfiguration,
  describeMediaStorageConfiguration,
  describeNotificationConfiguration,
  describeStream,
  describeStreamStorageConfiguration,
  getClip,
  getDashStreamingSessionUrl,
  getDataEndpoint,
  getHlsStreamingSessionUrl,
  getImages,
  getMedia,
  getMediaForFragmentList,
  listEdgeAgentConfigurations,
  listFragments,
  listStreams,
  listTagsForResource,
  listTagsForStream,
  putMedia,
  startEdgeConfigurationUpdate,
  tagResource,
  tagStream,
  untagResource,
  untagStream,
  updateDataRetention,
  updateImageGenerationConfiguration,
  updateMediaStorageConfiguration,
  updateNotificationConfiguration,
  updateStream,
  updateStreamStorageConfiguration,
];

/** What players fetch of a session; AWS's limits name these requests so. */
const SESSION_REQUESTS = [
  'GetDASHManifest',
  'GetHLSMasterPlaylist',
  'GetHLSMediaPlaylist',
  'GetMP4InitFragment',
  'GetMP4MediaFragment',
  'GetTSFragment',
  'GetDASHManifest',
  'GetTSFragment',
];

/** What a fault's `operation` may be. */
export const FAULTY_OPERATIONS: readonly string[] = [
  ...all.map(({ name }) => name),
  ...SESSION_REQUESTS,
];

/** Every operation of the API by its path. */
export const OPERATIONS: ReadonlyMap<string, Operation> = new Map(
  all.map((operation) => [operation.path, operation]),
);
