import { ServiceError } from '../errors/service-error.ts';
import { archivedChunk } from '../playback/media-chunk.ts';
import { noSuchFragment } from '../playback/media-errors.ts';
import { writeAll } from '../playback/write-all.ts';
import { TokenBucket } from '../settings/token-bucket.ts';
import * as members from '../validation/members.ts';
import { list, structure } from '../validation/shapes.ts';
import { mediaOperation } from './operation.ts';
import { paced } from './paced.ts';

/**
 * GetMediaForFragmentList, in the order asked for; a fragment that is not there ends the answer.
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
    const stream = context.streams.findReadable(input);
    const { fragments } = stream;
    const { limits, clock } = context;
    if (stream.listReaders >= limits.maxFragmentListsPerStream) {
      throw new ServiceError(
        'ConnectionLimitExceededException',
        `${limits.maxFragmentListsPerStream} clients are already reading lists of the stream.`,
      );
    }
    context.quotas?.admitFragments('media', stream.record.name, input.Fragments.length);
    stream.listReaders += 1;
    response.once('close', () => {
      stream.listReaders -= 1;
    });
    response.writeHead(200, { 'content-type': 'video/webm' });
    const rate = new TokenBucket(limits.maxGetMediaBytesPerSecond, clock);
    for (const number of input.Fragments) {
      if (response.destroyed) return;
      const record = await fragments.get(number);
      // Retention or a newer copy may take it away between the two.
      const bytes = record && (await fragments.read(record).catch(() => undefined));
      if (record === undefined || bytes === undefined) {
        await writeAll(response, noSuchFragment(number));
        break;
      }
      await writeAll(response, archivedChunk(bytes, record));
      await paced(rate, record.bytes, clock);
    }
    response.end();
  },
});
