import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { KinesisVideoConsumer } from '../../src/consumer/consumer.ts';
import { encodeTags } from '../../src/matroska/tags.ts';
import { hex } from '../media/support.ts';
import { heapBytes } from '../storage/heap.ts';

/** A day of fragments of two seconds. */
const FRAGMENTS = (24 * 3_600) / 2;
const DISCONNECTIONS = 100;
const FIRST = 10n ** 46n;

const HEADER = Buffer.concat([hex('1a45dfa3 8b 4282 88 6d6174726f736b61'), hex('18538067 ff')]);
const CLUSTER = hex('1f43b675 8a e7 81 05 a3 85 81 0000 80 65');

/** A chunk of GetMedia. */
function chunkOf(index: number): Buffer {
  const number = String(FIRST + BigInt(index));
  const seconds = String(1_700_000_000 + 2 * index);
  const tags = (values: Readonly<Record<string, string>>): Uint8Array =>
    encodeTags(Object.entries(values).map(([name, value]) => ({ name, value })));
  return Buffer.concat([
    HEADER,
    tags({
      AWS_KINESISVIDEO_FRAGMENT_NUMBER: number,
      AWS_KINESISVIDEO_SERVER_TIMESTAMP: seconds,
      AWS_KINESISVIDEO_PRODUCER_TIMESTAMP: seconds,
    }),
    CLUSTER,
    tags({
      AWS_KINESISVIDEO_CONTINUATION_TOKEN: number,
      AWS_KINESISVIDEO_MILLIS_BEHIND_NOW: '0',
    }),
  ]);
}

/** Sends on from a fragment, and breaks off within one where it is time to. */
async function send(response: ServerResponse, from: number, breaks: number[]): Promise<void> {
  response.writeHead(200, { 'content-type': 'video/webm' });
  for (let index = from; index < FRAGMENTS; index += 1) {
    const chunk = chunkOf(index);
    if (index === breaks[0]) {
      breaks.shift();
      response.write(chunk.subarray(0, index % chunk.length), () => response.destroy());
      return;
    }
    if (!response.write(chunk)) await once(response, 'drain');
  }
}

test('a day of GetMedia with 100 disconnections: every fragment once, in order, and memory is flat', async (t) => {
  const breaks = Array.from({ length: DISCONNECTIONS }, (_, i) =>
    Math.round(((i + 0.5) * FRAGMENTS) / DISCONNECTIONS),
  );
  const starts: string[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (part: Buffer) => {
      body += part.toString();
    });
    request.on('end', () => {
      if (request.url === '/getDataEndpoint') {
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify({ DataEndpoint: endpoint }));
        return;
      }
      const { StartSelector: start } = JSON.parse(body) as {
        StartSelector: { StartSelectorType: string; ContinuationToken?: string };
      };
      starts.push(start.StartSelectorType);
      const after = start.ContinuationToken;
      const from = after === undefined ? 0 : Number(BigInt(after) - FIRST) + 1;
      void send(response, from, breaks);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const consumer = new KinesisVideoConsumer({
    streamName: 'camera',
    endpoint,
    region: 'us-west-2',
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
    env: { AWS_EC2_METADATA_DISABLED: 'true' },
    random: () => 0,
  });
  t.after(() => consumer.close());
  const heaps: number[] = [];
  let index = 0;
  for await (const fragment of consumer.media({ start: 'earliest' })) {
    assert.equal(fragment.number, String(FIRST + BigInt(index)));
    assert.equal(fragment.frames.length, 1);
    index += 1;
    if (index % (FRAGMENTS / 24) === 0) heaps.push(heapBytes());
    if (index === FRAGMENTS) break;
  }
  assert.equal(index, FRAGMENTS);
  assert.equal(starts.length, DISCONNECTIONS + 1);
  assert.deepEqual(new Set(starts), new Set(['EARLIEST', 'CONTINUATION_TOKEN']));
  const [early, late] = [heaps[2] ?? 0, heaps.at(-1) ?? 0];
  assert.ok(late - early < 2 * 1024 * 1024, `the heap grew from ${early} to ${late}`);
});
