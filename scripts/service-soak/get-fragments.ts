import { MatroskaReader } from '../../src/matroska/reader.ts';
import { answerOf, open, sign } from '../../test/local/support/client.ts';

/** Reads fragments by GetMediaForFragmentList; returns how many came with all their blocks. */
export async function readFragments(
  service: string,
  StreamName: string,
  Fragments: readonly string[],
): Promise<number> {
  const url = new URL('/getMediaForFragmentList', service);
  const body = Buffer.from(JSON.stringify({ StreamName, Fragments }));
  const headers = await sign(url, { 'content-length': String(body.length) }, body);
  const sent = open(url, headers);
  sent.end(body);
  const response = await answerOf(sent);
  let whole = 0;
  const reader = new MatroskaReader({
    clusterEnd: (hasKnownSize) => {
      if (hasKnownSize) whole += 1;
    },
  });
  for await (const part of response as AsyncIterable<Buffer>) reader.push(part);
  reader.end();
  return whole;
}
