import { createStream } from './create-stream.ts';
import { deleteStream } from './delete-stream.ts';
import { describeStream } from './describe-stream.ts';
import { getClip } from './get-clip.ts';
import { getDataEndpoint } from './get-data-endpoint.ts';
import { getHlsStreamingSessionUrl } from './get-hls-streaming-session-url.ts';
import { getMedia } from './get-media.ts';
import { getMediaForFragmentList } from './get-media-for-fragment-list.ts';
import { listFragments } from './list-fragments.ts';
import { listStreams } from './list-streams.ts';
import { listTagsForResource, listTagsForStream } from './list-tags-for-stream.ts';
import type { Operation } from './operation.ts';
import { putMedia } from './put-media.ts';
import { tagResource, tagStream } from './tag-stream.ts';
import { untagResource, untagStream } from './untag-stream.ts';
import { updateDataRetention } from './update-data-retention.ts';
import { updateStream } from './update-stream.ts';

const all: readonly Operation[] = [
  createStream,
  deleteStream,
  describeStream,
  getClip,
  getDataEndpoint,
  getHlsStreamingSessionUrl,
  getMedia,
  getMediaForFragmentList,
  listFragments,
  listStreams,
  listTagsForResource,
  listTagsForStream,
  putMedia,
  tagResource,
  tagStream,
  untagResource,
  untagStream,
  updateDataRetention,
  updateStream,
];

/** What players fetch of a session; AWS's limits name these requests so. */
const SESSION_REQUESTS = [
  'GetHLSMasterPlaylist',
  'GetHLSMediaPlaylist',
  'GetMP4InitFragment',
  'GetMP4MediaFragment',
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
