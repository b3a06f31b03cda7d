import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listFragments } from '../support/list-fragments.ts';
import { call, createStream } from './support/client.ts';
import { h264Document } from './support/media.ts';
import { beginPutMedia, putDocument, putMedia, type WireAck } from './support/put-media.ts';
import { startService } from './support/service.ts';

function kinds(acks: readonly WireAck[], number: string): string[] {
  return acks.filter((ack) => ack.FragmentNumber === number).map((ack) => ack.EventType);
}

test('each cluster becomes a fragment with BUFFERING, RECEIVED and PERSISTED acks', async (t) => {
  const { url, streams } = await startService(t);
  await createStream(url, 'demo');
  const acks = await putDocument(url, 'demo', h264Document());

  const fragments = await listFragments(streams.byName('demo')?.fragments);
  assert.deepEqual(
    fragments.map(({ timecode, frames, keyFrames }) => [timecode, frames, keyFrames]),
    [
      [0, 20, 1],
      [1000, 20, 1],
      [2000, 20, 1],
    ],
  );
  for (const { number } of fragments) {
    assert.deepEqual(kinds(acks, number), ['BUFFERING', 'RECEIVED', 'PERSISTED']);
    assert.match(number, /^[1-9]\d{46}$/);
  }
  assert.equal(acks.length, 9);
});

test('acks come while the body is still being sent', async (t) => {
  const { url } = await startService(t);
  await createStream(url, 'demo');
  const document = h264Document();
  const second = document.indexOf(Buffer.from('1f43b675', 'hex'), 1000);
  const third = document.indexOf(Buffer.from('1f43b675', 'hex'), second + 4);
  const session = await putMedia(url, 'demo');
  session.request.write(document.subarray(0, second));
  await session.waitFor((ack) => ack.EventType === 'BUFFERING' && ack.FragmentTimecode === 0);
  // ffmpeg's clusters have known sizes: each is whole at its last byte.
  await session.waitFor((ack) => ack.EventType === 'PERSISTED' && ack.FragmentTimecode === 0);
  assert.equal(session.acks.length, 3);
  session.request.write(document.subarray(second, third));
  await session.waitFor((ack) => ack.EventType === 'BUFFERING' && ack.FragmentTimecode === 1000);
  session.request.end(document.subarray(third));
  assert.equal((await session.ended).length, 9);
});

test('chunks of any size make the same fragments', async (t) => {
  const { url, streams } = await startService(t);
  const document = h264Document();
  const sizes: number[] = [];
  for (const step of [1, 7, 4096, document.length]) {
    await createStream(url, `s${step}`);
    const session = await putMedia(url, `s${step}`);
    const end = step === 1 ? 4000 : document.length;
    for (let at = 0; at < end; at += step) {
      session.request.write(document.subarray(at, Math.min(end, at + step)));
    }
    session.request.end(document.subarray(end));
    await session.ended;
    const list = await listFragments(streams.byName(`s${step}`)?.fragments);
    sizes.push(list.reduce((sum, record) => sum + record.bytes, 0));
    assert.equal(list.length, 3);
  }
  assert.equal(new Set(sizes).size, 1);
});

test('the wire form of an ack is the one that Amazon’s producers parse', async (t) => {
  const { url } = await startService(t);
  await createStream(url, 'demo');
  const { request, response } = await beginPutMedia(url, 'demo');
  request.end(h264Document());
  let text = '';
  response.setEncoding('utf8');
  for await (const part of response) text += String(part);
  const [first] = text.split('\r\n');
  assert.match(
    first ?? '',
    /^\{"EventType":"BUFFERING","FragmentTimecode":0,"FragmentNumber":"\d{47}"\}$/,
  );
  assert.ok(text.endsWith('}\r\n'));
});

test('RELATIVE timecodes are counted from the producer’s start, padded or not', async (t) => {
  const { url, streams } = await startService(t);
  await createStream(url, 'demo');
  // 12.5 is how Amazon's C producer writes 12.005 s: it is taken as it reads.
  for (const [start, expected] of [
    ['1795253394.629', 1_795_253_394_629],
    ['1795253500', 1_795_253_500_000],
    ['12.5', 12_500],
  ] as const) {
    await putDocument(url, 'demo', h264Document(), {
      headers: {
        'x-amzn-fragment-timecode-type': 'RELATIVE',
        'x-amzn-producer-start-timestamp': start,
      },
    });
    const records = await listFragments(streams.byName('demo')?.fragments);
    const times = records.map((record) => record.producerTimestampMs);
    assert.deepEqual(times.slice(-3), [expected, expected + 1000, expected + 2000]);
  }
});

test('a stream that retains nothing gives no PERSISTED acks', async (t) => {
  const { url } = await startService(t);
  await createStream(url, 'demo', { DataRetentionInHours: 0 });
  const acks = await putDocument(url, 'demo', h264Document());
  assert.deepEqual(
    acks.map((ack) => ack.EventType),
    ['BUFFERING', 'RECEIVED', 'BUFFERING', 'RECEIVED', 'BUFFERING', 'RECEIVED'],
  );
});

test('acks can be switched off, errors not', async (t) => {
  const { url } = await startService(t);
  await createStream(url, 'demo');
  const headers = { 'x-amzn-fragment-acknowledgment-required': '0' };
  assert.deepEqual(await putDocument(url, 'demo', h264Document(), { headers }), []);
  const acks = await putDocument(url, 'demo', Buffer.from('nonsense'), { headers });
  assert.deepEqual(acks, [{ EventType: 'ERROR', ErrorId: 4006, ErrorCode: 'INVALID_MKV_DATA' }]);
});

test('headers are validated, and the stream must exist', async (t) => {
  const { url } = await startService(t);
  const StreamARN = await createStream(url, 'demo');
  const refusal = async (headers: Record<string, string>, stream = 'demo') => {
    const { request, response } = await beginPutMedia(url, stream, { headers });
    request.destroy();
    return [response.statusCode, response.headers['x-amzn-errortype']];
  };
  const invalid = [400, 'InvalidArgumentException'];
  assert.deepEqual(await refusal({}, 'none'), [404, 'ResourceNotFoundException']);
  assert.deepEqual(await refusal({}, 'bad name'), invalid);
  assert.deepEqual(await refusal({ 'x-amzn-stream-arn': StreamARN }), invalid);
  assert.deepEqual(await refusal({ 'x-amzn-fragment-timecode-type': 'SOMETIMES' }), invalid);
  assert.deepEqual(await refusal({ 'x-amzn-producer-start-timestamp': 'now' }), invalid);
  assert.deepEqual(await refusal({}), [200, undefined]);
});

test('a fragment that a dropped connection cut short is not stored', async (t) => {
  const { url, streams } = await startService(t);
  await createStream(url, 'demo');
  const document = h264Document();
  const session = await putMedia(url, 'demo');
  session.request.write(document.subarray(0, document.length - 100));
  await session.waitFor((ack) => ack.EventType === 'BUFFERING' && ack.FragmentTimecode === 2000);
  await session.waitFor((ack) => ack.EventType === 'PERSISTED' && ack.FragmentTimecode === 1000);
  session.request.destroy();
  await session.ended;
  const records = await listFragments(streams.byName('demo')?.fragments);
  const timecodes = records.map((record) => record.timecode);
  assert.deepEqual(timecodes, [0, 1000]);
});

test('a fragment that is sent again takes the place of the first copy, or stays beside it', async (t) => {
  for (const keepDuplicates of [false, true]) {
    const { url, streams } = await startService(t, { behaviours: { keepDuplicates } });
    await createStream(url, 'demo');
    await putDocument(url, 'demo', h264Document());
    const first = await listFragments(streams.byName('demo')?.fragments);
    await putDocument(url, 'demo', h264Document());
    const list = await listFragments(streams.byName('demo')?.fragments);
    assert.equal(list.length, keepDuplicates ? 6 : 3);
    const replaced = list.flatMap((record) => record.replaced);
    assert.deepEqual(replaced, keepDuplicates ? [] : first.map((record) => record.number));
  }
});

test('a session that receives nothing is notified, then closed', async (t) => {
  const { url } = await startService(t, { limits: { idleAckMs: 20, idleTimeoutMs: 100 } });
  await createStream(url, 'demo');
  const session = await putMedia(url, 'demo');
  const acks = await session.ended;
  assert.ok(acks.length > 0);
  assert.ok(acks.every((ack) => ack.EventType === 'IDLE'));
});

test('a session that lasts too long ends with 4003', async (t) => {
  const { url } = await startService(t, { limits: { maxConnectionMs: 50 } });
  await createStream(url, 'demo');
  const session = await putMedia(url, 'demo');
  const acks = await session.ended;
  assert.deepEqual(
    acks.map((ack) => ack.ErrorId),
    [4003],
  );
});

test('delayed acks keep their order', async (t) => {
  const { url } = await startService(t, { behaviours: { ackDelayMs: 5, persistDelayMs: 20 } });
  await createStream(url, 'demo');
  const acks = await putDocument(url, 'demo', h264Document());
  assert.equal(acks.length, 9);
  for (const number of new Set(acks.map((ack) => ack.FragmentNumber ?? ''))) {
    assert.deepEqual(kinds(acks, number), ['BUFFERING', 'RECEIVED', 'PERSISTED']);
  }
});

test('sessions on one stream at the same time all get through', async (t) => {
  const { url, streams } = await startService(t);
  await createStream(url, 'demo');
  const starts = [0, 1, 2, 3, 4].map((i) => 1_795_253_394 + i * 100);
  const all = await Promise.all(
    starts.map((start) =>
      putDocument(url, 'demo', h264Document(), {
        headers: {
          'x-amzn-fragment-timecode-type': 'RELATIVE',
          'x-amzn-producer-start-timestamp': String(start),
        },
      }),
    ),
  );
  assert.deepEqual(
    all.map((acks) => acks.filter((ack) => ack.EventType === 'PERSISTED').length),
    [3, 3, 3, 3, 3],
  );
  const list = await listFragments(streams.byName('demo')?.fragments);
  assert.equal(list.length, 15);
  assert.deepEqual(
    list.map((record) => record.number),
    list.map((record) => record.number).sort(),
  );
  const { body } = await call(url, '/listFragments', { StreamName: 'demo' });
  assert.equal((body['Fragments'] as unknown[]).length, 15);
});
