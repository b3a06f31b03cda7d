import { ServiceError } from '../errors/service-error.ts';
import type { FragmentRecord } from '../fragments/fragment-record.ts';
import { mediaChunk } from '../playback/media-chunk.ts';
import { writeAll } from '../playback/write-all.ts';
import { TokenBucket } from '../settings/token-bucket.ts';
import * as members from '../validation/members.ts';
import { list, structure } from '../validation/shapes.ts';
import { mediaOperation } from './operation.ts';
import { paced } from './paced.ts';

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
    const stream = context.streams.find(input);
    const { fragments } = stream;
    const { limits, clock } = context;
    if (stream.listReaders >= limits.maxFragmentListsPerStream) {
      throw new ServiceError(
        'ConnectionLimitExceededException',
        `${limits.maxFragmentListsPerStream} clients are already reading lists of the stream.`,
      );
    }
    const records: FragmentRecord[] = [];
    for (const number of input.Fragments) {
      const record = await fragments.get(number);
      if (record === undefined) {
        throw new ServiceError('ResourceNotFoundException', `There is no fragment ${number}.`);
      }
      records.push(record);
    }
    stream.listReaders += 1;
    response.once('close', () => {
      stream.listReaders -= 1;
    });
    response.writeHead(200, { 'content-type': 'video/webm' });
    const rate = new TokenBucket(limits.maxGetMediaBytesPerSecond, clock);
    for (const record of records) {
      if (response.destroyed) return;
      await writeAll(response, mediaChunk(await fragments.read(record), record, []));
      await paced(rate, record.bytes, clock);
    }
    response.end();
  },
});
