import * as members from '../validation/members.ts';
import { oneOf, structure } from '../validation/shapes.ts';
import { jsonOperation } from './operation.ts';

/**
 * GetDataEndpoint: the service itself, by the address the
 * client reached it at, so that name, port and TLS stay what the client trusts.
 * https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/API_GetDataEndpoint.html
 */
export const getDataEndpoint = jsonOperation({
  name: 'GetDataEndpoint',
  path: '/getDataEndpoint',
  input: structure(
    {
      StreamName: members.streamName,
      StreamARN: members.streamArn,
      APIName: oneOf(
        'PUT_MEDIA',
        'GET_MEDIA',
        'LIST_FRAGMENTS',
        'GET_MEDIA_FOR_FRAGMENT_LIST',
        'GET_HLS_STREAMING_SESSION_URL',
        'GET_DASH_STREAMING_SESSION_URL',
        'GET_CLIP',
        'GET_IMAGES',
      ),
    },
    'APIName',
  ),
  run(input, { context, baseUrl }) {
    context.streams.find(input);
    return { DataEndpoint: baseUrl };
  },
});
