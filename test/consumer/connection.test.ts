// What the consumer does with connections: slow loops, dead sockets, aborts and the end.
import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { systemClock } from '../../src/runtime/clock.ts';
import {
  archivedChunk,
  errorChunk,
  indexOf,
  mediaChunk,
  numberOf,
  secondsOf,
} from './support/media-chunks.ts';
import {
  answerJson,
  consumerOf,
  type MediaCall,
  startMediaServer,
} from './support/media-server.ts';

const ALL = { from: new Date(0), to: new Date(secondsOf(10_000) * 1_000) };

/** Where GetMedia is to begin. */
function startOf({ input }: MediaCall): number {
  const { ContinuationToken: token } = input['StartSelector'] as { ContinuationToken?: string };
  return token === undefined ? 0 : indexOf(token) + 1;
}

function list(response: ServerResponse, count: number): void {
  const fragments = Array.from({ length: count }, (_, index) => ({
    FragmentNumber: numberOf(index),
    ProducerTimestamp: secondsOf(index),
    ServerTimestamp: secondsOf(index),
  }));
  answerJson(response, { Fragments: fragments });
}

test('a loop that takes longer than the idle time is not cut', async (t) => {
  let answering: ServerResponse | undefined;
  const endpoint = await startMediaServer(t, (call, response) => {
    answering = response;
    response.write(mediaChunk(startOf(call)));
  });
  const idleTimeoutMs = 300;
  const numbers: (string | undefined)[] = [];
  const media = consumerOf(t, endpoint, { idleTimeoutMs }).media({
    start: 'earliest',
    onReconnect: ({ error }) => assert.fail(`it was reopened: ${error?.message}`),
  });
  for await (const { number } of media) {
    numbers.push(number);
    if (numbers.length === 3) break;
    await pause(3 * idleTimeoutMs);
    // Each is read behind a slow loop; what came with the one before would not be.
    answering?.write(mediaChunk(numbers.length));
  }
  assert.deepEqual(numbers, [0, 1, 2].map(numberOf));
});

for (const [how, lose] of [
  ['is reset', (response: ServerResponse) => response.socket?.resetAndDestroy()],
  ['falls silent', () => {}],
] as const) {
  test(`a connection that ${how} during a slow loop is replaced, and nothing is lost`, async (t) => {
    let answering: ServerResponse | undefined;
    const endpoint = await startMediaServer(t, (call, response) => {
      answering = response;
      response.write(mediaChunk(startOf(call)));
    });
    const errors: (string | undefined)[] = [];
    const numbers: (string | undefined)[] = [];
    const media = consumerOf(t, endpoint, { idleTimeoutMs: 300 }).media({
      start: 'earliest',
      onReconnect: ({ error }) => errors.push(error?.message),
    });
    for await (const { number } of media) {
      numbers.push(number);
      if (numbers.length === 3) break;
      assert.ok(answering);
      lose(answering);
      await pause(50);
    }
    assert.deepEqual(numbers, [0, 1, 2].map(numberOf));
    assert.equal(errors.length, 2);
    for (const error of errors) {
      assert.match(error ?? '', how === 'is reset' ? /ECONNRESET|aborted/ : /no byte within 0.3 s/);
    }
  });
}

test('a service is not read further than the loop has come', async (t) => {
  const chunk = Buffer.concat(Array.from({ length: 400 }, (_, index) => mediaChunk(index)));
  let sent = 0;
  let stopped: () => void = () => {};
  const isStopped = new Promise<void>((resolve) => {
    stopped = resolve;
  });
  const endpoint = await startMediaServer(t, (_, response) => {
    const more = (): void => {
      while (!response.destroyed && response.write(chunk)) sent += chunk.length;
      // Whoever is read sends on at once.
      const timer = setTimeout(stopped, 1_000);
      response.once('drain', () => {
        clearTimeout(timer);
        more();
      });
    };
    more();
  });
  for await (const { number } of consumerOf(t, endpoint).media({ start: 'earliest' })) {
    assert.equal(number, numberOf(0));
    await isStopped;
    break;
  }
  // Socket buffers of both ends; without back-pressure, it would never stop.
  assert.ok(sent < 32 * 1024 * 1024, `${sent} bytes were sent`);
});

for (const [what, end] of [
  ['close()', ({ consumer }: { consumer: { close(): void } }) => consumer.close()],
  ['an abort', ({ stop }: { stop: AbortController }) => stop.abort()],
] as const) {
  test(`${what} ends what is being read without an error, and its connections`, async (t) => {
    const closed: Promise<void>[] = [];
    const endpoint = await startMediaServer(t, ({ path }, response) => {
      if (path === '/listFragments') {
        list(response, 60);
        return;
      }
      closed.push(new Promise((resolve) => response.on('close', resolve)));
      // Only the first call of a range is answered with media.
      if (closed.length > 1) response.flushHeaders();
      else response.write(Buffer.concat([archivedChunk(0), archivedChunk(1)]));
    });
    const stop = new AbortController();
    const { signal } = stop;
    for (const begin of ['media', 'archive'] as const) {
      closed.length = 0;
      const consumer = consumerOf(t, endpoint);
      const iteration =
        begin === 'media'
          ? consumer.media({ start: 'earliest', signal })
          : consumer.archive({ ...ALL, parallel: 3, signal });
      assert.equal((await iteration.next()).value?.number, numberOf(0));
      const next = iteration.next();
      end({ consumer, stop });
      assert.deepEqual(await next, { done: true, value: undefined });
      await Promise.all(closed);
      consumer.close();
      await assert.rejects(consumer.media().next(), { code: 'STATUS_INVALID_OPERATION' });
      if (signal.aborted) break;
    }
  });
}

test('an abort does not wait for a call that is not answered', async (t) => {
  const stop = new AbortController();
  const endpoint = await startMediaServer(t, () => stop.abort());
  const consumer = consumerOf(t, endpoint);
  assert.equal((await consumer.fragments({ ...ALL, signal: stop.signal }).next()).done, true);
});

test('leaving the loop over a range closes the connections of all its calls', async (t) => {
  const closed: Promise<void>[] = [];
  let allCame: () => void = () => {};
  const haveAllCome = new Promise<void>((resolve) => {
    allCame = resolve;
  });
  const endpoint = await startMediaServer(t, ({ path, input }, response) => {
    if (path === '/listFragments') {
      list(response, 100);
      return;
    }
    closed.push(new Promise((resolve) => response.on('close', resolve)));
    for (const number of input['Fragments'] as string[]) {
      response.write(archivedChunk(indexOf(number)));
    }
    if (closed.length === 4) allCame();
  });
  for await (const _ of consumerOf(t, endpoint).archive({ ...ALL, parallel: 4 })) {
    await haveAllCome;
    break;
  }
  await Promise.all(closed);
});

test('calls that wait for their turn may be lost, refused or cut: the range is read once and in order', async (t) => {
  const calls: number[] = [];
  const endpoint = await startMediaServer(t, ({ path, input }, response) => {
    if (path === '/listFragments') {
      list(response, 100);
      return;
    }
    const indexes = (input['Fragments'] as string[]).map(indexOf);
    calls.push(indexes.length);
    switch (calls.length) {
      case 2:
        // Answered, and lost before it is read.
        response.write(archivedChunk(indexes[0] ?? 0).subarray(0, 9), () => {
          response.socket?.resetAndDestroy();
        });
        return;
      case 3:
        answerJson(response, { message: 'too many' }, 429);
        return;
      case 4:
        response.end(Buffer.concat(indexes.slice(0, 7).map(archivedChunk)));
        return;
      default:
        response.end(Buffer.concat(indexes.map(archivedChunk)));
    }
  });
  const reconnects: (string | undefined)[] = [];
  const range = {
    ...ALL,
    parallel: 4,
    onReconnect: ({ afterFragmentNumber }: { afterFragmentNumber: string | undefined }) =>
      reconnects.push(afterFragmentNumber),
  };
  const numbers: (string | undefined)[] = [];
  for await (const { number } of consumerOf(t, endpoint).archive(range)) {
    numbers.push(number);
    if (numbers.length === 1) await pause(200);
  }
  assert.deepEqual(
    numbers,
    Array.from({ length: 100 }, (_, index) => numberOf(index)),
  );
  assert.equal(reconnects.length, 3);
  assert.equal(reconnects[2], numberOf(66));
  assert.deepEqual(
    calls.toSorted((a, b) => a - b),
    [13, 20, 20, 20, 20, 20, 20, 20],
  );
});

for (const [what, misses, outcome] of [
  ['that is not there yet is asked for again', 2, 'all come'],
  ['that is gone ends the range with an error', 100, 'an error'],
] as const) {
  test(`a fragment of a range ${what}`, async (t) => {
    let calls = 0;
    const endpoint = await startMediaServer(t, ({ path, input }, response) => {
      if (path === '/listFragments') {
        list(response, 3);
        return;
      }
      const indexes = (input['Fragments'] as string[]).map(indexOf);
      calls += 1;
      const missing = calls <= misses ? indexes.indexOf(1) : -1;
      const there = missing < 0 ? indexes : indexes.slice(0, missing);
      const end = missing < 0 ? [] : [errorChunk(3000)];
      response.end(Buffer.concat([...there.map(archivedChunk), ...end]));
    });
    const clock = {
      ...systemClock,
      after: (delayMs: number, callback: () => void) =>
        systemClock.after(delayMs < 10_000 ? delayMs / 50 : delayMs, callback),
    };
    const numbers: (string | undefined)[] = [];
    const reading = (async () => {
      for await (const { number } of consumerOf(t, endpoint, { clock }).archive(ALL)) {
        numbers.push(number);
      }
    })();
    if (outcome === 'all come') {
      await reading;
      assert.deepEqual(numbers, [0, 1, 2].map(numberOf));
      return;
    }
    await assert.rejects(reading, {
      code: 'STATUS_SERVICE_CALL_RESOURCE_NOT_FOUND_ERROR',
      message: /3000/,
    });
    assert.deepEqual(numbers, [numberOf(0)]);
    assert.equal(calls, 4);
  });
}

test('a service that stays away ends a range with its error', async (t) => {
  let calls = 0;
  const endpoint = await startMediaServer(t, (_, response) => {
    calls += 1;
    response.socket?.destroy();
  });
  const clock = {
    ...systemClock,
    after: (delayMs: number, callback: () => void) =>
      systemClock.after(delayMs < 15_000 ? delayMs / 50 : delayMs, callback),
  };
  const consumer = consumerOf(t, endpoint, { clock, answerTimeoutMs: 1_000_000 });
  await assert.rejects(consumer.fragments(ALL).next(), /ListFragments got no answer/);
  assert.equal(calls, 6);
});
