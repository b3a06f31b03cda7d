import { ServiceError } from '../errors/service-error.ts';
import type { FragmentRecord } from '../fragments/fragment-record.ts';
import { mediaChunk } from '../playback/media-chunk.ts';
import { writeAll } from '../playback/write-all.ts';
import * as members from '../validation/members.ts';
import { list, structure } from '../validation/shapes.ts';
import { mediaOperation } from './operation.ts';

/**
 * GetMediaForFragmentList, in the order asked for.
 * https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/API_reader_GetMediaForFragmentList.html
 */
export const getMediaForFragmentList = mediaOperation({
  name: 'GetMediaForFragmentList',
  path: '/getMediaForFragmentList',
  input: structure(
    {
      StreamName: members.streamName,
      StreamARN: members.streamArn,
      Fragments: list(1, 1000, members.fragmentNumber),
    },
    'Fragments',
  ),
  async run(input, { context }, response) {
    const { fragments } = context.streams.find(input);
    const records: FragmentRecord[] = [];
    for (const number of input.Fragments) {
      const record = await fragments.get(number);
      if (record === undefined) {
        throw new ServiceError('ResourceNotFoundException', `There is no fragment ${number}.`);
      }
      records.push(record);
    }
    response.writeHead(200, { 'content-type': 'video/webm' });
    for (const record of records) {
      if (response.destroyed) return;
      await writeAll(response, mediaChunk(await fragments.read(record), record, []));
    }
    response.end();
  },
});
