import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FragmentList } from './support/fragment-list.ts';
import { answerJson, consumerOf, startMediaServer } from './support/media-server.ts';

const BEGIN_MS = 1_700_000_000_000;

test('a range of many pages is listed once and in order, however the service lists it', async (t) => {
  const list = new FragmentList(3_500, BEGIN_MS, 2_000);
  const endpoint = await startMediaServer(t, (call, response) =>
    answerJson(response, list.page(call)),
  );
  const range = { from: new Date(BEGIN_MS + 10_000), to: new Date(BEGIN_MS + 5_000_000) };
  const times: number[] = [];
  for await (const { producerTimestamp } of consumerOf(t, endpoint).fragments(range)) {
    times.push(producerTimestamp.getTime());
  }
  assert.deepEqual(
    times,
    Array.from({ length: 2_496 }, (_, i) => BEGIN_MS + 10_000 + i * 2_000),
  );
  assert.equal(list.calls, 3);
});

test('a list that does not fit in memory is fetched in parts: each fragment once and in order', async (t) => {
  const COUNT = 45_000;
  const whole = { from: new Date(0), by: 'server' } as const;
  for (const range of [whole, { ...whole, to: new Date(BEGIN_MS + 1_000 * COUNT) }]) {
    const list = new FragmentList(COUNT, BEGIN_MS, 1_000);
    const endpoint = await startMediaServer(t, (call, response) =>
      answerJson(response, list.page(call)),
    );
    let index = 0;
    for await (const { serverTimestamp } of consumerOf(t, endpoint).fragments(range)) {
      const expectedMs = BEGIN_MS + 1_000 * index;
      if (serverTimestamp.getTime() !== expectedMs) assert.equal(serverTimestamp, expectedMs);
      index += 1;
    }
    assert.equal(index, COUNT);
    assert.ok(list.longest <= 21_000 && list.calls < 200, `${list.longest}, ${list.calls}`);
  }
});

test('what is no list of fragments, and a range that is none, are refused', async (t) => {
  let answer: unknown;
  const endpoint = await startMediaServer(t, (_, response) => answerJson(response, answer));
  const consumer = consumerOf(t, endpoint);
  const range = { from: new Date(0), to: new Date(1) };
  for (const [wrong, message] of [
    [[], /no Fragments/],
    [{ Fragments: [{ FragmentNumber: 'x' }] }, /no number/],
    [{ Fragments: [{ FragmentNumber: '1', ProducerTimestamp: 'x' }] }, /no ProducerTimestamp/],
    [{ Fragments: [], NextToken: 'x'.repeat(5 * 1024 * 1024) }, /more than/],
  ] as const) {
    answer = wrong;
    await assert.rejects(consumer.fragments(range).next(), { name: 'KvsError', message });
  }
  await assert.rejects(consumer.fragments({ from: new Date(2), to: new Date(1) }).next(), {
    code: 'STATUS_INVALID_ARG',
  });
  await assert.rejects(consumer.fragments({ from: new Date(''), to: new Date(1) }).next(), {
    code: 'STATUS_INVALID_ARG',
  });
  for (const parallel of [0, 6, Number.NaN]) {
    await assert.rejects(consumer.archive({ ...range, parallel }).next(), {
      code: 'STATUS_INVALID_ARG',
    });
  }
});
