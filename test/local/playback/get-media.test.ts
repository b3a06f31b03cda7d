import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { test } from 'node:test';
import { MatroskaReader } from '../../../src/matroska/reader.ts';
import { listFragments } from '../../support/list-fragments.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import {
  answerOf,
  type ClientOptions,
  call,
  createStream,
  open,
  sign,
  textOf,
} from '../support/client.ts';
import * as m from '../support/matroska.ts';
import { h264Document } from '../support/media.ts';
import { putDocument, putMedia } from '../support/put-media.ts';
import { startService } from '../support/service.ts';

const BEHIND = 'AWS_KINESISVIDEO_MILLIS_BEHIND_NOW';
const TOKEN = 'AWS_KINESISVIDEO_CONTINUATION_TOKEN';

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
      this.chunks.filter((chunk) => TOKEN in chunk.tags).length >= count;
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
  options: ClientOptions = {},
): Promise<ChunkReader> {
  const url = new URL('/getMedia', service);
  const body = Buffer.from(JSON.stringify({ StreamName, StartSelector }));
  const headers = await sign(url, { 'content-length': String(body.length) }, body, options);
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
    // AWS's order, in its own captures: the token ends the chunk.
    assert.deepEqual(Object.keys(tags), [
      // Of ffmpeg, about the file: what the header says is in every chunk.
      'ENCODER',
      'AWS_KINESISVIDEO_FRAGMENT_NUMBER',
      'AWS_KINESISVIDEO_SERVER_TIMESTAMP',
      'AWS_KINESISVIDEO_PRODUCER_TIMESTAMP',
      'AWS_KINESISVIDEO_MILLIS_BEHIND_NOW',
      'AWS_KINESISVIDEO_CONTINUATION_TOKEN',
    ]);
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

test('a fragment that does not exist is error 4000 in the media, which ends', async (t) => {
  const { url, streams } = await startService(t);
  await createStream(url, 'demo');
  await putDocument(url, 'demo', h264Document());
  const first = (await listFragments(streams.byName('demo')?.fragments))[0]?.number ?? '';
  for (const number of ['1', String(BigInt(first) - 1n)]) {
    const selector = { StartSelectorType: 'FRAGMENT_NUMBER', AfterFragmentNumber: number };
    const reader = await getMedia(url, selector);
    await once(reader.response, 'end');
    assert.deepEqual(reader.chunks, [
      {
        tags: {
          AWS_KINESISVIDEO_ERROR_CODE: 'FRAGMENT_NOT_FOUND',
          AWS_KINESISVIDEO_ERROR_ID: '4000',
        },
        blocks: 0,
      },
    ]);
  }
});

test('a fragment that was sent again is still one to start behind', async (t) => {
  const { url, streams } = await startService(t);
  await createStream(url, 'demo');
  await putDocument(url, 'demo', h264Document());
  const [replaced] = await listFragments(streams.byName('demo')?.fragments);
  await putDocument(url, 'demo', h264Document());
  const numbers = await listFragments(streams.byName('demo')?.fragments);
  const reader = await getMedia(url, {
    StartSelectorType: 'FRAGMENT_NUMBER',
    AfterFragmentNumber: replaced?.number,
  });
  assert.deepEqual(
    numbersOf(await reader.first(3)),
    numbers.map(({ number }) => number),
  );
  reader.response.destroy();
});

test('how far a chunk is behind is told by the server’s clock', async (t) => {
  const clock = new ManualClock();
  const { url } = await startService(t, { clock });
  const now = { date: new Date(clock.nowMs()) };
  await createStream(url, 'demo', {}, now);
  await putDocument(url, 'demo', h264Document(), now);
  clock.pass(1_234);
  const reader = await getMedia(url, { StartSelectorType: 'EARLIEST' }, 'demo', now);
  const behind = (await reader.first(3)).map((chunk) => chunk.tags[BEHIND]);
  assert.deepEqual(behind, ['1234', '1234', '1234']);
  reader.response.destroy();
});

test('tags about the file are in every chunk, a fragment’s in its own, the service’s from nobody else', async (t) => {
  const { url } = await startService(t);
  await createStream(url, 'demo');
  const document = Buffer.concat([
    m.head(),
    m.fileTags(['ENCODER', 'muxer']),
    m.tags(['first', 'one'], ['AWS_KINESISVIDEO_ERROR_ID', '4000'], [TOKEN, '5']),
    m.cluster(0),
    m.block(0),
    m.tags(['second', 'two']),
    m.tags(['AWS_KINESISVIDEO_FRAGMENT_NUMBER', '5']),
    m.tags(['AWS_KINESISVIDEO_NOTIFICATION', '']),
    m.cluster(1000),
    m.block(0),
    m.fileTags(['STATISTICS', 'at the end']),
  ]);
  await putDocument(url, 'demo', document);
  const reader = await getMedia(url, { StartSelectorType: 'EARLIEST' });
  const chunks = await reader.first(2);
  const own = chunks.map(({ tags }) =>
    Object.keys(tags).filter((name) => !name.startsWith('AWS') || /NOTIF|ERROR/.test(name)),
  );
  assert.deepEqual(own, [
    ['ENCODER', 'first'],
    ['ENCODER', 'second', 'AWS_KINESISVIDEO_NOTIFICATION'],
  ]);
  for (const number of numbersOf(chunks)) assert.match(number ?? '', /^\d{47}$/);
  reader.response.destroy();
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
