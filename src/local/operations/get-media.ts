import type { ServerResponse } from 'node:http';
import { ServiceError } from '../errors/service-error.ts';
import type { FragmentRecord } from '../fragments/fragment-record.ts';
import { liveChunk } from '../playback/media-chunk.ts';
import { noSuchStart } from '../playback/media-errors.ts';
import { startAfter, startSelector } from '../playback/start-selector.ts';
import { writeAll } from '../playback/write-all.ts';
import { TokenBucket } from '../settings/token-bucket.ts';
import type { LocalStream } from '../streams/local-stream.ts';
import * as members from '../validation/members.ts';
import { structure } from '../validation/shapes.ts';
import { mediaOperation } from './operation.ts';
import { paced } from './paced.ts';
import type { ServiceContext } from './service-context.ts';

/**
 * GetMedia: fragments in the order of their numbers, each a document
 * of its own, and on with whatever arrives until the client goes.
 * https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/API_dataplane_GetMedia.html
 */
export const getMedia = mediaOperation({
  name: 'GetMedia',
  path: '/getMedia',
  input: structure(
    {
      StreamName: members.streamName,
      StreamARN: members.streamArn,
      StartSelector: startSelector,
    },
    'StartSelector',
  ),
  async run(input, { context }, response) {
    const stream = context.streams.findReadable(input);
    const after = await startAfter(input.StartSelector, stream.fragments);
    const { maxGetMediaPerStream } = context.limits;
    if (stream.readers >= maxGetMediaPerStream) {
      throw new ServiceError(
        'ConnectionLimitExceededException',
        `${maxGetMediaPerStream} clients are already reading the stream.`,
      );
    }
    stream.readers += 1;
    response.once('close', () => {
      stream.readers -= 1;
    });
    response.writeHead(200, { 'content-type': 'video/webm' });
    response.flushHeaders();
    if (after === 'missing') await writeAll(response, noSuchStart());
    else await sendFrom(stream, after.number, response, context);
    response.end();
  },
});

/** Sends everything after a fragment, and what comes later, until client or stream are gone. */
async function sendFrom(
  stream: LocalStream,
  start: string | undefined,
  response: ServerResponse,
  { limits, clock }: ServiceContext,
): Promise<void> {
  const byteRate = new TokenBucket(limits.maxGetMediaBytesPerSecond, clock);
  const fragmentRate = new TokenBucket(limits.maxGetMediaFragmentsPerSecond, clock);
  let after = start;
  for (;;) {
    const record = await nextFragment(stream, after, response);
    if (record === undefined) return;
    after = record.number;
    let chunk: Uint8Array[];
    try {
      chunk = liveChunk(await stream.fragments.read(record), record, clock.nowMs());
    } catch {
      // Retention or a newer copy took it away between the listing and the reading.
      continue;
    }
    await writeAll(response, chunk);
    await paced(byteRate, record.bytes, clock);
    await paced(fragmentRate, 1, clock);
  }
}

/** The next fragment, waiting for one if need be; undefined when client or stream are gone. */
async function nextFragment(
  stream: LocalStream,
  after: string | undefined,
  response: ServerResponse,
): Promise<FragmentRecord | undefined> {
  for (;;) {
    if (response.destroyed || stream.record.status === 'DELETING') return undefined;
    // Before looking, so that none that comes meanwhile is missed.
    const change = whenChanged(stream, response);
    const record = await stream.fragments.after(after);
    if (record !== undefined) {
      change.cancel();
      return record;
    }
    await change.happened;
  }
}

/** Waits until fragments came or went, or the client is gone. */
function whenChanged(
  { fragments }: LocalStream,
  response: ServerResponse,
): { readonly happened: Promise<void>; cancel(): void } {
  let cancel = (): void => {};
  const happened = new Promise<void>((resolve) => {
    const wake = (): void => {
      unsubscribe();
      response.off('close', wake);
      resolve();
    };
    const unsubscribe = fragments.subscribe(wake);
    response.once('close', wake);
    cancel = wake;
  });
  return { happened, cancel };
}
