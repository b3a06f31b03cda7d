import assert from 'node:assert/strict';
import { test } from 'node:test';
import { networkProblem } from '../../src/aws/network/network-error.ts';
import { KvsError, type ServiceFailureKind } from '../../src/errors/kvs-error.ts';
import { STATUS } from '../../src/errors/status.ts';
import { Backoff, type BackoffOptions, DEFAULT_BACKOFF } from '../../src/putmedia/backoff.ts';
import {
  ACK_ERRORS,
  type AckErrorAction,
  ackErrorOf,
} from '../../src/putmedia/session/ack-errors.ts';
import {
  producerStartTimestamp,
  putMediaHeaders,
} from '../../src/putmedia/session/request-headers.ts';
import { SentFragments } from '../../src/putmedia/session/sent-fragments.ts';
import { sessionFailure } from '../../src/putmedia/uploader/failure-policy.ts';
import { rotateInMs } from '../../src/putmedia/uploader/rotation.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { TestProducer } from './support/media.ts';
import { MemorySource } from './support/memory-source.ts';

const MINUTE_MS = 60_000;

test('every error acknowledgement has the status and the consequence it should have', () => {
  const expected: Record<number, [number, AckErrorAction]> = {
    4000: [0x5200005c, 'retry'],
    4001: [0x5200005d, 'skip'],
    4002: [0x5200005e, 'skip'],
    4003: [0x5200005f, 'rotate'],
    4004: [0x52000060, 'skip'],
    4005: [0x52000061, 'fatal'],
    4006: [0x52000062, 'skip'],
    4007: [0x52000063, 'fatal'],
    4008: [0x52000064, 'fatal'],
    4009: [0x52000075, 'skip'],
    4010: [0x5200007c, 'fatal'],
    4011: [0x5200007d, 'skip'],
    4012: [0x5200007e, 'fatal'],
    4013: [0x5200005e, 'skip'],
    4500: [0x52000065, 'fatal'],
    4501: [0x52000066, 'fatal'],
    4502: [0x52000067, 'fatal'],
    4503: [0x52000068, 'retry'],
    4504: [0x52000069, 'fatal'],
    4505: [0x5200006a, 'fatal'],
    4506: [0x5200006b, 'fatal'],
    4507: [0x5200006c, 'fatal'],
    5000: [0x5200006d, 'retry'],
    5001: [0x5200006e, 'retry'],
  };
  assert.deepEqual([...ACK_ERRORS.keys()], Object.keys(expected).map(Number));
  for (const [id, [status, action]] of Object.entries(expected)) {
    const row = ackErrorOf(Number(id));
    assert.equal(STATUS[row.status].value, status, id);
    assert.equal(row.action, action, id);
  }
  const unknown = ackErrorOf(4999);
  assert.equal(STATUS[unknown.status].value, 0x5200006f);
  assert.equal(unknown.action, 'retry');
  assert.equal(ackErrorOf(undefined).errorId, 7000);
});

test('back-off doubles from 100 ms, with up to as much jitter, and never passes 10 s', () => {
  const clock = new ManualClock();
  const smallest = new Backoff(clock, () => 0);
  const waits = Array.from({ length: 10 }, () => smallest.next());
  assert.deepEqual(waits, [100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000, 5000]);
  const largest = new Backoff(clock, () => 0.999999);
  const most = Array.from({ length: 10 }, () => Math.round(largest.next()));
  assert.deepEqual(most, [200, 400, 800, 1600, 3200, 6400, 10000, 10000, 10000, 10000]);
});

test('the other kinds of jitter, and a rule of one’s own that cannot become a hot loop', () => {
  const clock = new ManualClock();
  const waits = (options: Partial<BackoffOptions>, least = 0): number[] => {
    const backoff = new Backoff(clock, () => 0.5, { ...DEFAULT_BACKOFF, ...options });
    return Array.from({ length: 9 }, () => backoff.next(least));
  };
  const plain = [100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000];
  assert.deepEqual(waits({ jitter: 'none' }), plain);
  assert.deepEqual(
    waits({ jitter: 'fixed', fixedJitterMs: 600 }),
    plain.map((ms) => ms + 300),
  );
  assert.equal(waits({ jitter: 'none' }, 500)[0], 500, 'a refusal waits longer');
  assert.equal(waits({ jitter: 'none', baseMs: 1000 }, 500)[0], 1000);
  const own = (attempt: number, baseMs: number) => (attempt > 2 ? 0 : attempt * baseMs);
  assert.deepEqual(waits({ waitMs: own }, 500).slice(0, 4), [500, 1000, 50, 50]);
  assert.deepEqual(waits({ waitMs: () => Number.NaN })[0], 10_000);
});

test('back-off starts over after 90 s without a retry, and not before', () => {
  const clock = new ManualClock();
  const backoff = new Backoff(clock, () => 0);
  for (let retry = 0; retry < 4; retry++) clock.pass(backoff.next());
  clock.pass(90_000);
  assert.equal(backoff.next(), 1600);
  clock.pass(1600 + 90_001);
  assert.equal(backoff.next(), 100);
});

test('back-off is per stream: two do not slow each other', () => {
  const clock = new ManualClock();
  const [one, other] = [new Backoff(clock, () => 0), new Backoff(clock, () => 0)];
  one.next();
  one.next();
  assert.equal(other.next(), 100);
});

test('the start timestamp is padded with zeros', () => {
  assert.equal(producerStartTimestamp(12_005), '12.005');
  assert.equal(producerStartTimestamp(1_795_253_394_629), '1795253394.629');
  assert.equal(producerStartTimestamp(0), '0.000');
  assert.equal(producerStartTimestamp(999.9), '0.999');
});

test('header set and values', () => {
  const url = new URL('https://s-1.kinesisvideo.us-west-2.amazonaws.com/putMedia');
  const request = {
    stream: { streamName: 't' },
    fragmentAcks: true,
    absoluteFragmentTimes: true,
    userAgent: 'agent',
    producerStartMs: 1_795_253_394_629,
  };
  assert.deepEqual(putMediaHeaders(url, request), {
    host: 's-1.kinesisvideo.us-west-2.amazonaws.com',
    accept: '*/*',
    connection: 'keep-alive',
    'content-type': 'application/json',
    'transfer-encoding': 'chunked',
    'user-agent': 'agent',
    'x-amzn-fragment-acknowledgment-required': '1',
    'x-amzn-fragment-timecode-type': 'ABSOLUTE',
    'x-amzn-producer-start-timestamp': '1795253394.629',
    'x-amzn-stream-name': 't',
  });
  const relative = putMediaHeaders(new URL('http://localhost:81/putMedia'), {
    ...request,
    stream: { streamArn: 'arn:aws:kinesisvideo:us-west-2:1:stream/t/1' },
    fragmentAcks: false,
    absoluteFragmentTimes: false,
  });
  assert.equal(relative['host'], 'localhost:81');
  assert.equal(relative['x-amzn-fragment-acknowledgment-required'], '0');
  assert.equal(relative['x-amzn-fragment-timecode-type'], 'RELATIVE');
  assert.equal(relative['x-amzn-stream-arn'], 'arn:aws:kinesisvideo:us-west-2:1:stream/t/1');
  assert.equal('x-amzn-stream-name' in relative, false);
});

test('rotation jitter is none, random, or at most three minutes, and none below five minutes', () => {
  const forty = { maxSessionMs: 40 * MINUTE_MS, expiresInMs: undefined };
  assert.equal(
    rotateInMs(forty, () => 0),
    40 * MINUTE_MS,
  );
  assert.equal(
    rotateInMs(forty, () => 0.5),
    38.5 * MINUTE_MS,
  );
  assert.ok(rotateInMs(forty, () => 0.999999) >= 37 * MINUTE_MS);
  const twenty = { maxSessionMs: 20 * MINUTE_MS, expiresInMs: undefined };
  assert.ok(rotateInMs(twenty, () => 0.999999) >= 18 * MINUTE_MS);
  const four = { maxSessionMs: 4 * MINUTE_MS, expiresInMs: undefined };
  assert.equal(
    rotateInMs(four, () => 0.9),
    4 * MINUTE_MS,
  );
});

test('a session ends half a minute before its credentials, but never at once', () => {
  const hour = { maxSessionMs: 40 * MINUTE_MS, expiresInMs: 15 * MINUTE_MS };
  assert.equal(
    rotateInMs(hour, () => 0),
    14.5 * MINUTE_MS,
  );
  const over = { maxSessionMs: 40 * MINUTE_MS, expiresInMs: 0 };
  assert.equal(
    rotateInMs(over, () => 0),
    30_000,
  );
});

test('Retry-After is followed up to a minute', () => {
  const error = new KvsError('STATUS_SERVICE_CALL_UNKOWN_ERROR', 'come back in an hour', {
    failure: {
      kind: 'throttled',
      httpStatus: 429,
      exception: undefined,
      retryAfterMs: 3_600_000,
    },
  });
  const history = {
    wasReady: true,
    wasAccepted: true,
    inARow: 1,
    restartOnError: true,
    isTimeKnown: true,
  };
  const decision = sessionFailure(error, false, history);
  assert.equal(decision.kind === 'retry' && decision.minimumMs, 60_000);
});

test('a service that does not answer is tried every 2 s at the latest, however it does not answer', () => {
  const history = {
    ...{ wasReady: true, wasAccepted: true, inARow: 9 },
    ...{ restartOnError: true, isTimeKnown: true },
  };
  const capMs = (kind: ServiceFailureKind, httpStatus?: number): number => {
    const failure = { kind, httpStatus, exception: undefined, retryAfterMs: undefined };
    const error = new KvsError('STATUS_SERVICE_CALL_UNKOWN_ERROR', 'no', { failure });
    const decision = sessionFailure(error, true, history);
    return decision.kind === 'retry' ? decision.capMs : Number.NaN;
  };
  assert.equal(capMs('network'), 2_000);
  assert.equal(capMs('timeout'), 2_000);
  // It is there, and is to be spared.
  assert.equal(capMs('timeout', 504), Number.POSITIVE_INFINITY);
});

test('a connection that the service closes is no time-out, whatever the SDK calls it', () => {
  const hangUp = Object.assign(new Error('socket hang up'), {
    name: 'TimeoutError',
    code: 'ECONNRESET',
  });
  assert.equal(networkProblem(hangUp).kind, 'network');
  const silence = Object.assign(new Error('too slow'), { name: 'TimeoutError' });
  assert.equal(networkProblem(silence).kind, 'timeout');
});

test('a settled fragment is remembered for acknowledgements that come late', () => {
  const source = new MemorySource();
  const producer = new TestProducer(source);
  producer.fragments(2);
  const [first, second] = [source.get(0), source.get(1)];
  assert.ok(first && second);
  const sent = new SentFragments();
  sent.settle(sent.begin(first, 0), 1);
  sent.begin(second, 2);
  const { timecode } = first;
  const ack = { fragmentNumber: undefined, errorId: undefined, errorCode: undefined };
  assert.equal(sent.match({ ...ack, type: 'PERSISTED', timecode })?.fragment, first);
});
