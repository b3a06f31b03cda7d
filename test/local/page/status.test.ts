import assert from 'node:assert/strict';
import { test } from 'node:test';
import type {
  AckReport,
  ConnectionReport,
  StreamEvent,
  StreamStatusReport,
  StreamsEvent,
} from '../../../src/local/live/page-reports.ts';
import { Rate } from '../../../src/local/live/rate.ts';
import { call, createStream } from '../support/client.ts';
import { openEvents } from '../support/events.ts';
import * as m from '../support/matroska.ts';
import { h264Document } from '../support/media.ts';
import { putDocument, putMedia } from '../support/put-media.ts';
import { startService } from '../support/service.ts';

test('/api/streams tells what arrives', async (t) => {
  const { url } = await startService(t);
  await createStream(url, 'demo');
  const session = await putMedia(url, 'demo');
  const now = Date.now();
  const frame = Buffer.alloc(1000);
  session.request.write(
    Buffer.concat([
      m.head(),
      m.cluster(now - 500),
      m.block(0, 1, frame),
      m.block(40, 1, frame),
      m.END_OF_FRAGMENT,
    ]),
  );
  await session.waitFor((ack) => ack.EventType === 'PERSISTED');

  const read = async (): Promise<StreamStatusReport> => {
    const answer = (await (await fetch(`${url}/api/streams`)).json()) as {
      streams: StreamStatusReport[];
    };
    const [report] = answer.streams;
    assert.ok(report);
    return report;
  };
  const report = await read();
  assert.equal(report.name, 'demo');
  assert.equal(report.sessions, 1);
  assert.equal(report.framesReceived, 2);
  assert.equal(report.fragmentsPersisted, 1);
  assert.equal(report.fragmentsStored, 1);
  // Of the first second, or of as long as it took to ask.
  assert.ok(report.fps > 0 && report.fps <= 2, `${report.fps}`);
  const frameBits = 8 * frame.length;
  // fps has one decimal.
  const offBits = Math.abs(report.bitsPerSecond - report.fps * frameBits);
  assert.ok(offBits <= 0.1 * frameBits, `${report.bitsPerSecond}`);
  assert.ok((report.latencyMs ?? 0) >= 460);
  assert.deepEqual(report.recent[0]?.frames, [{ type: 1, frames: 2 }]);
  assert.equal(report.tracks[0]?.codecId, 'V_MPEG4/ISO/AVC');
  session.request.destroy();
});

test('/api/events begins with everything and goes on with what changed', async (t) => {
  const { url } = await startService(t);
  await createStream(url, 'busy');
  await createStream(url, 'idle', { Tags: { site: 'roof' } });
  const events = await openEvents(url);
  t.after(() => events.close());
  const first = await events.next<StreamsEvent>('streams');
  assert.equal(first.isWhole, true);
  assert.deepEqual(
    first.changed.map(({ name, tags }) => [name, tags]),
    [
      ['busy', {}],
      ['idle', { site: 'roof' }],
    ],
  );
  await putDocument(url, 'busy', h264Document());
  let change = await events.next<StreamsEvent>('streams');
  while (change.changed[0]?.fragmentsStored !== 3) {
    change = await events.next<StreamsEvent>('streams');
    assert.equal(change.isWhole, false);
    for (const { name, arn } of change.changed) {
      assert.equal(name, 'busy');
      assert.equal(arn, undefined, 'it did not change');
    }
  }
  await call(url, '/deleteStream', { StreamARN: first.changed[1]?.arn });
  while (!change.removed.includes('idle')) change = await events.next<StreamsEvent>('streams');
});

test('/api/events tells of the connections and acks of the stream that is looked at', async (t) => {
  const { url } = await startService(t);
  await createStream(url, 'demo');
  const events = await openEvents(url, '?stream=demo');
  t.after(() => events.close());
  assert.deepEqual(await events.next('stream'), { isWhole: true, connections: [], acks: [] });
  const session = await putMedia(url, 'demo', { headers: { 'user-agent': 'camera/1.2 test' } });
  session.request.write(Buffer.concat([m.head(), m.cluster(Date.now()), m.block(0)]));
  await session.waitFor((ack) => ack.EventType === 'BUFFERING');
  // A second frame of a track that the header does not have.
  session.request.write(m.block(40, 3));
  await session.ended;
  const acks: AckReport[] = [];
  const connections = new Map<string, ConnectionReport>();
  while (!acks.some(({ event }) => event === 'ERROR')) {
    const news = await events.next<StreamEvent>('stream');
    acks.push(...news.acks);
    for (const connection of news.connections) connections.set(connection.id, connection);
  }
  assert.deepEqual(
    acks.map(({ id, event, errorId }) => [id, event, errorId]),
    [
      [1, 'BUFFERING', undefined],
      [2, 'ERROR', 4010],
    ],
  );
  assert.match(acks[1]?.reason ?? '', /track 3/);
  const [connection] = connections.values();
  assert.equal(connection?.userAgent, 'camera/1.2 test');
  assert.equal(connection?.state.kind, 'ended');
  assert.match(
    connection?.state.kind === 'ended' ? connection.state.reason : '',
    /^TRACK_NUMBER_MISMATCH: /,
  );
  const again = await openEvents(url, '?stream=demo');
  t.after(() => again.close());
  assert.equal((await again.next<StreamEvent>('stream')).acks.length, 2, 'for who comes later');
});

test('rates are taken over what was counted, then over four seconds', () => {
  const rate = new Rate();
  let now = 10_000;
  for (; now < 11_000; now += 100) rate.add(1, now);
  assert.equal(rate.perSecond(now), 10);
  for (; now < 20_000; now += 50) rate.add(1, now);
  assert.equal(rate.perSecond(now), 20);
  assert.equal(rate.perSecond(now + 10_000), 0);
});

test('a path that is not percent-encoded is a bad request', async (t) => {
  const { url } = await startService(t);
  assert.equal((await fetch(`${url}/live/%zz.mp4`)).status, 400);
});
