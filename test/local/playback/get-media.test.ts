import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { test } from 'node:test';
import { MatroskaReader } from '../../../src/matroska/reader.ts';
import { listFragments } from '../../support/list-fragments.ts';
import { answerOf, call, createStream, open, sign, textOf } from '../support/client.ts';
import { h264Document } from '../support/media.ts';
import { putDocument, putMedia } from '../support/put-media.ts';
import { startService } from '../support/service.ts';

type Chunk = { readonly tags: Record<string, string>; readonly blocks: number };

/** Reads GetMedia's answer, a document per fragment. */
class ChunkReader {
  readonly chunks: { tags: Record<string, string>; blocks: number }[] = [];
  readonly response: IncomingMessage;
  #wake: () => void = () => {};

  constructor(response: IncomingMessage) {
    this.response = response;
    const reader = new MatroskaReader({
      ebmlHeader: () => {
        this.chunks.push({ tags: {}, blocks: 0 });
      },
      tags: (tags) => {
        for (const { name, value } of tags) this.#last().tags[name] = value;
        this.#wake();
      },
      block: () => {
        this.#last().blocks += 1;
      },
    });
    response.on('data', (part: Buffer) => reader.push(part));
    response.on('error', () => {});
  }

  /** The first `count` chunks, whole. */
  async first(count: number): Promise<Chunk[]> {
    const isWhole = (): boolean =>
      this.chunks.filter((chunk) => 'AWS_KINESISVIDEO_MILLIS_BEHIND_NOW' in chunk.tags).length >=
      count;
    while (!isWhole()) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.chunks.slice(0, count);
  }

  #last() {
    const last = this.chunks.at(-1);
    assert.ok(last);
    return last;
  }
}

async function getMedia(
  service: string,
  StartSelector: Record<string, unknown>,
  StreamName = 'demo',
): Promise<ChunkReader> {
  const url = new URL('/getMedia', service);
  const body = Buffer.from(JSON.stringify({ StreamName, StartSelector }));
  const headers = await sign(url, { 'content-length': String(body.length) }, body);
  const sent = open(url, headers);
  sent.end(body);
  const response = await answerOf(sent);
  if (response.statusCode !== 200) throw new Error(await textOf(response));
  return new ChunkReader(response);
}

function numbersOf(chunks: readonly Chunk[]): (string | undefined)[] {
  return chunks.map((chunk) => chunk.tags['AWS_KINESISVIDEO_FRAGMENT_NUMBER']);
}

test('each fragment comes as a document of its own with the service’s tags', async (t) => {
  const { url, streams } = await startService(t);
  await createStream(url, 'demo');
  await putDocument(url, 'demo', h264Document());
  const records = await listFragments(streams.byName('demo')?.fragments);
  const reader = await getMedia(url, { StartSelectorType: 'EARLIEST' });
  const chunks = await reader.first(3);
  assert.deepEqual(
    chunks.map((chunk) => chunk.blocks),
    [20, 20, 20],
  );
  chunks.forEach(({ tags }, i) => {
    const record = records[i];
    assert.ok(record);
    assert.equal(tags['AWS_KINESISVIDEO_FRAGMENT_NUMBER'], record.number);
    assert.equal(tags['AWS_KINESISVIDEO_PRODUCER_TIMESTAMP'], `${i}.000`);
    assert.equal(
      tags['AWS_KINESISVIDEO_SERVER_TIMESTAMP'],
      (record.serverTimestampMs / 1000).toFixed(3),
    );
    assert.equal(tags['AWS_KINESISVIDEO_CONTINUATION_TOKEN'], record.number);
    assert.equal(tags['AWS_KINESISVIDEO_MILLIS_BEHIND_NOW'], String((2 - i) * 1000));
  });
  reader.response.destroy();
});

test('every way to select the start', async (t) => {
  const { url, streams } = await startService(t);
  await createStream(url, 'demo');
  await putDocument(url, 'demo', h264Document());
  const records = await listFragments(streams.byName('demo')?.fragments);
  const [a, b, c] = records.map((record) => record.number);
  const serverTime = (records[1]?.serverTimestampMs ?? 0) / 1000;
  for (const [selector, expected] of [
    [{ StartSelectorType: 'NOW' }, [c]],
    [{ StartSelectorType: 'EARLIEST' }, [a, b, c]],
    [{ StartSelectorType: 'FRAGMENT_NUMBER', AfterFragmentNumber: a }, [b, c]],
    [{ StartSelectorType: 'FRAGMENT_NUMBER', AfterFragmentNumber: '1' }, [a, b, c]],
    [{ StartSelectorType: 'CONTINUATION_TOKEN', ContinuationToken: b }, [c]],
    [{ StartSelectorType: 'PRODUCER_TIMESTAMP', StartTimestamp: 1.5 }, [b, c]],
    [{ StartSelectorType: 'PRODUCER_TIMESTAMP', StartTimestamp: 2 }, [c]],
    [{ StartSelectorType: 'SERVER_TIMESTAMP', StartTimestamp: serverTime - 60 }, [a, b, c]],
  ] as const) {
    const reader = await getMedia(url, selector);
    assert.deepEqual(
      numbersOf(await reader.first(expected.length)),
      expected,
      JSON.stringify(selector),
    );
    reader.response.destroy();
  }
});

test('goes on with fragments as they arrive, and ends with the stream', async (t) => {
  const { url, streams } = await startService(t);
  const StreamARN = await createStream(url, 'demo');
  const reader = await getMedia(url, { StartSelectorType: 'NOW' });
  const document = h264Document();
  const session = await putMedia(url, 'demo');
  session.request.write(document);
  assert.equal((await reader.first(2)).length, 2);
  session.request.end();
  assert.equal((await reader.first(3)).length, 3);
  await session.ended;
  const ended = new Promise((resolve) => reader.response.once('end', resolve));
  await call(url, '/deleteStream', { StreamARN });
  await ended;
  assert.equal(streams.byName('demo'), undefined);
});

test('refuses selectors that lack what they need, and a fourth reader', async (t) => {
  const { url } = await startService(t);
  await createStream(url, 'demo');
  for (const StartSelector of [
    {},
    { StartSelectorType: 'LATEST' },
    { StartSelectorType: 'FRAGMENT_NUMBER' },
    { StartSelectorType: 'FRAGMENT_NUMBER', AfterFragmentNumber: 'x' },
    { StartSelectorType: 'PRODUCER_TIMESTAMP' },
    { StartSelectorType: 'CONTINUATION_TOKEN', ContinuationToken: 'x' },
  ]) {
    const answer = await call(url, '/getMedia', { StreamName: 'demo', StartSelector });
    assert.equal(answer.errorType, 'InvalidArgumentException', JSON.stringify(StartSelector));
  }
  const input = { StreamName: 'none', StartSelector: { StartSelectorType: 'NOW' } };
  assert.equal((await call(url, '/getMedia', input)).errorType, 'ResourceNotFoundException');

  const readers = [];
  for (let i = 0; i < 3; i++) readers.push(await getMedia(url, { StartSelectorType: 'NOW' }));
  const fourth = await call(url, '/getMedia', { ...input, StreamName: 'demo' });
  assert.deepEqual([fourth.status, fourth.errorType], [400, 'ConnectionLimitExceededException']);
  for (const reader of readers) reader.response.destroy();
});
