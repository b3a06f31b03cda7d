import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KvsError } from '../../src/errors/kvs-error.ts';
import { ElementRegistry } from '../../src/host/element-registry.ts';
import type { ElementSettings } from '../../src/host/settings/element-settings.ts';
import { ElementReader } from '../../src/host/wire/element-reader.ts';
import { CREDIT_WINDOW_BYTES, ElementMessage, HostMessage } from '../../src/host/wire/wire.ts';
import { type Clock, systemClock } from '../../src/runtime/clock.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { type ElementMessageFields, elementMessage } from './element-message.ts';
import { FakeStream } from './fake-stream.ts';

const WALL_NS = 1_700_000_000_000_000_000n;
const { frame, open, caps, drain, close } = ElementMessage;

type Sent = { element: number; event: number; code: number; payload: string };

/** A registry over fake streams. */
function host(openFails?: KvsError, clock: Clock = systemClock) {
  const streams: FakeStream[] = [];
  const settings: ElementSettings[] = [];
  const sent: Sent[] = [];
  const registry = new ElementRegistry(
    {
      clock,
      monotonic: {
        nowNs: () => 0n,
        wallClockNs: (ns) => WALL_NS + ns,
        clockMs: (ns) => Number(ns) / 1e6,
      },
      openStream: (elementSettings, _config, events) => {
        if (openFails) throw openFails;
        settings.push(elementSettings);
        const stream = new FakeStream(events);
        streams.push(stream);
        return stream;
      },
    },
    (element, event, code = 0, payload = '') =>
      sent.push({ element, event, code: Number(code), payload }),
  );
  const reader = new ElementReader((message) => registry.push(message));
  const push = (...messages: ElementMessageFields[]): void => {
    // All in one chunk that is overwritten afterwards, as the socket's buffer is.
    const chunk = Buffer.concat(messages.map((message) => elementMessage(message)));
    reader.push(chunk);
    chunk.fill(0xee);
  };
  const sentOf = (event: number): Sent[] => sent.filter((message) => message.event === event);
  return { registry, streams, settings, sent, sentOf, push };
}

function openMessage(properties: Record<string, unknown> = {}, element = 1): ElementMessageFields {
  return {
    type: open,
    element,
    payload: JSON.stringify({
      element: 'kvssink0',
      properties: { 'stream-name': 'camera', ...properties },
      pads: [{ track: 1, kind: 'video', pad: 'video_0' }],
    }),
  };
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

test('frames reach the stream with their times, flags and bytes', () => {
  const { streams, push } = host();
  push(
    openMessage(),
    {
      type: caps,
      track: 1,
      payload: JSON.stringify({
        name: 'video/x-h264',
        fields: { 'stream-format': 'avc', codec_data: '0142c01e', width: 640, height: 480 },
      }),
    },
    { type: frame, track: 1, flags: 1, ptsNs: 5n, dtsNs: 5n, monotonicNs: 9n, payload: 'first' },
    { type: frame, track: 1, flags: 16, ptsNs: 45n, durationNs: 40n, payload: 'second' },
  );
  const stream = streams[0];
  assert.deepEqual(stream?.formats, [
    {
      track: 1,
      description: {
        kind: 'video',
        mediaType: 'video/x-h264',
        streamFormat: 'avc',
        codecData: new Uint8Array([0x01, 0x42, 0xc0, 0x1e]),
        width: 640,
        height: 480,
      },
    },
  ]);
  const common = { trackId: 1, isDiscardable: false, isInvisible: false, isCorrupted: false };
  assert.deepEqual(
    stream?.frames.map(({ position, ...rest }) => rest),
    [
      {
        ...common,
        ptsNs: WALL_NS + 9n,
        dtsNs: WALL_NS + 9n,
        durationNs: 0n,
        isKeyFrame: true,
        isDiscontinuity: false,
        isAfterLoss: false,
        arrivedMs: 9e-6,
        text: 'first',
      },
      {
        ...common,
        ptsNs: WALL_NS + 49n,
        dtsNs: undefined,
        durationNs: 40n,
        isKeyFrame: false,
        isDiscontinuity: true,
        isAfterLoss: true,
        arrivedMs: 0,
        text: 'second',
      },
    ],
  );
});

test('the element learns from which of its bytes on another host would have to continue', () => {
  const { streams, push, sentOf } = host();
  const first = { type: frame, track: 1, flags: 1, ptsNs: 0n, payload: 'first' };
  const second = { type: frame, track: 1, flags: 1, ptsNs: 40n, payload: 'second' };
  push(openMessage(), first);
  push({ type: ElementMessage.metadata, payload: '{"name":"n","value":"v"}' }, second);
  const [stream] = streams;
  assert.ok(stream);
  const opened = elementMessage(openMessage()).length;
  const metadata = opened + elementMessage(first).length;
  const [, { position: secondAt = 0 } = {}] = stream.frames;
  assert.equal(stream.frames[0]?.position, opened);
  const told = (): [number, string][] =>
    sentOf(HostMessage.settled).map(({ code, payload }) => [code, payload]);

  stream.needed = { frames: opened, metadata: Number.POSITIVE_INFINITY };
  stream.events.fragmentLeft();
  assert.deepEqual(told(), [[opened, '']]);
  // The metadata, which came before the second frame, goes with a fragment that is not settled.
  stream.needed = { frames: secondAt, metadata };
  stream.events.fragmentLeft();
  stream.events.fragmentLeft();
  assert.deepEqual(told().slice(1), [[secondAt, String(metadata)]]);
  stream.needed = { frames: Number.POSITIVE_INFINITY, metadata: Number.POSITIVE_INFINITY };
  stream.events.fragmentLeft();
  assert.deepEqual(told().slice(2), [[secondAt + elementMessage(second).length, '']]);
});

test('an element that waits for room keeps its order and does not hold up another', async () => {
  const { streams, push } = host();
  push(openMessage({ 'streaming-type': 'offline' }), openMessage({}, 2));
  const [waiting, other] = streams;
  assert.ok(waiting && other);
  let makeRoom = (): void => {};
  waiting.room = new Promise((resolve) => {
    makeRoom = resolve;
  });
  push(
    { type: frame, track: 1, ptsNs: 0n, payload: 'a' },
    { type: frame, track: 1, ptsNs: 1n, payload: 'b' },
    { type: frame, track: 1, element: 2, ptsNs: 0n, payload: 'x' },
    { type: frame, track: 1, ptsNs: 2n, payload: 'c' },
  );
  assert.deepEqual(
    other.frames.map(({ text }) => text),
    ['x'],
  );
  assert.equal(waiting.frames.length, 0);
  makeRoom();
  waiting.room = undefined;
  await turn();
  assert.deepEqual(
    waiting.frames.map(({ text }) => text),
    ['a', 'b', 'c'],
  );
});

test('what was consumed is credited, and what waits is not', async () => {
  const { streams, push, sentOf } = host();
  push(openMessage({ 'streaming-type': 'offline' }));
  const stream = streams[0];
  assert.ok(stream);
  const big = { type: frame, track: 1, ptsNs: 0n, payload: Buffer.alloc(CREDIT_WINDOW_BYTES / 4) };
  push(big);
  await turn();
  const credited = sentOf(HostMessage.credit).at(-1)?.code ?? 0;
  assert.ok(credited > CREDIT_WINDOW_BYTES / 4);
  let makeRoom = (): void => {};
  stream.room = new Promise((resolve) => {
    makeRoom = resolve;
  });
  push(big, big);
  await turn();
  assert.equal(sentOf(HostMessage.credit).at(-1)?.code, credited);
  makeRoom();
  stream.room = undefined;
  await turn();
  assert.equal(
    sentOf(HostMessage.credit).at(-1)?.code,
    credited + 2 * (CREDIT_WINDOW_BYTES / 4 + 48),
  );
});

test('small messages are credited twice a second at most', () => {
  const clock = new ManualClock();
  const { push, sentOf } = host(undefined, clock);
  const small = { type: frame, track: 1, ptsNs: 0n, payload: Buffer.alloc(100) };
  push(openMessage());
  const opened = sentOf(HostMessage.credit).at(-1)?.code ?? 0;
  for (let i = 0; i < 150; i++) {
    clock.pass(33);
    push(small);
  }
  const credits = sentOf(HostMessage.credit).map(({ code }) => code);
  assert.ok(credits.length >= 8 && credits.length <= 11, `${credits.length} credits`);
  assert.ok(150 * 148 - ((credits.at(-1) ?? 0) - opened) <= 16 * 148);
});

test('the timebase is reported once, and another host continues with it', async () => {
  const first = host();
  const at = (ptsNs: bigint, arrivalNs: bigint) => ({
    ...{ type: frame, track: 1, flags: 1, ptsNs, monotonicNs: arrivalNs, payload: 'x' },
  });
  first.push(openMessage(), at(1_000n, 500_000n), at(2_000n, 900_000n));
  const told = first.sentOf(HostMessage.timebase);
  assert.deepEqual(
    told.map(({ code }) => BigInt(code)),
    [BigInt(Number(WALL_NS + 499_000n))],
  );
  const second = host();
  const base = { type: ElementMessage.timebase, ptsNs: WALL_NS + 499_000n };
  // It came to the new host 7 ms later than to the pipeline: that must not show.
  second.push(openMessage(), base, at(40_000_000n, 47_000_000n));
  assert.equal(second.streams[0]?.frames[0]?.ptsNs, WALL_NS + 40_499_000n);
  // A flush begins another timeline.
  first.push({ type: ElementMessage.flush, track: 1 }, at(0n, 90_000_000n));
  assert.equal(first.sentOf(HostMessage.timebase).length, 2);
});

test('drain waits for the core and answers once', async () => {
  const { streams, push, sentOf } = host();
  push(openMessage(), { type: drain, payload: '{"timeoutMs":1500}' });
  assert.equal(streams[0]?.drains[0]?.timeoutMs, 1500);
  assert.equal(sentOf(HostMessage.drained).length, 0);
  streams[0]?.drains[0]?.resolve();
  await turn();
  assert.deepEqual(
    sentOf(HostMessage.drained).map(({ code }) => code),
    [0],
  );
  assert.ok(streams[0]?.calls.includes('close'));
});

test('a drain that runs out of time is an error, or a warning if on-loss says so, and answers with the status', async () => {
  for (const [onLoss, type] of [
    ['error', HostMessage.error],
    ['warning', HostMessage.warning],
  ] as const) {
    const { streams, push, sentOf } = host();
    push(openMessage({ 'on-loss': onLoss }), { type: drain });
    assert.equal(streams[0]?.drains[0]?.timeoutMs, 120_000);
    streams[0]?.drains[0]?.reject(new KvsError('STATUS_OPERATION_TIMED_OUT', '3 fragments left.'));
    await turn();
    assert.match(sentOf(type)[0]?.payload ?? '', /3\\ fragments\\ left/);
    assert.equal(sentOf(HostMessage.drained)[0]?.code, 0x0f);
  }
});

test('played again after the end, a new stream gets the caps and the frames', async () => {
  const { streams, push } = host();
  const video = { type: caps, track: 1, payload: '{"name":"video/x-h264","fields":{}}' };
  push(openMessage(), video, { type: drain });
  push({ type: frame, track: 1, ptsNs: 0n, payload: 'again' });
  assert.equal(streams.length, 1);
  streams[0]?.drains[0]?.resolve();
  await turn();
  assert.equal(streams.length, 2);
  assert.equal(streams[1]?.formats.length, 1);
  assert.equal(streams[1]?.frames[0]?.text, 'again');
});

test('a stream that cannot be opened is a library error, and its drain ends at once', () => {
  const { push, sentOf } = host(
    new KvsError('STATUS_INVALID_STREAM_NAME_LENGTH', 'No stream name.', { advice: 'Set it.' }),
  );
  push(openMessage(), { type: frame, payload: 'x' }, { type: drain });
  const [error] = sentOf(HostMessage.error);
  assert.match(error?.payload ?? '', /domain=\(string\)"gst-library-error-quark", code=\(int\)3/);
  assert.match(error?.payload ?? '', /text=\(string\)"No\\ stream\\ name\.\\ Set\\ it\."/);
  assert.match(error?.payload ?? '', /signal=\(boolean\)true/);
  assert.equal(sentOf(HostMessage.drained)[0]?.code, error?.code);
});

test('a fatal error while streaming is a stream error; frames after it are let go', () => {
  const { streams, push, sentOf } = host();
  push(openMessage());
  streams[0]?.events.ready('arn:x');
  streams[0]?.events.error(new KvsError('STATUS_NOT_FOUND', 'gone'), true);
  push({ type: frame, payload: 'x' });
  assert.match(
    sentOf(HostMessage.error)[0]?.payload ?? '',
    /gst-stream-error-quark", code=\(int\)1/,
  );
  assert.equal(streams[0]?.frames.length, 0);
});

test('frames that cannot be put are warned of once a second, with a count', () => {
  const { streams, push, sentOf } = host();
  push(openMessage());
  const stream = streams[0];
  assert.ok(stream);
  stream.refuse = new KvsError('STATUS_MKV_INVALID_FRAME_DATA', 'The frame is empty.');
  push({ type: frame }, { type: frame }, { type: frame });
  assert.equal(sentOf(HostMessage.warning).length, 1);
  assert.match(
    sentOf(HostMessage.warning)[0]?.payload ?? '',
    /put\\ frame\\ error\\ occurred\.\\ Status:\\ 0x32000001/,
  );
});

test('gaps, ends, flushes, metadata and events are passed on in stream time', () => {
  const { streams, push } = host();
  push(
    openMessage(),
    { type: frame, track: 1, ptsNs: 0n, payload: 'x' },
    { type: ElementMessage.gap, track: 2, ptsNs: 10n, durationNs: 5n },
    { type: ElementMessage.metadata, payload: '{"name":"n","value":"v","persist":true}' },
    { type: ElementMessage.metadata, payload: '{"event":"both","pairs":{"a":"b"}}' },
    { type: ElementMessage.flush },
    { type: ElementMessage.trackEos, track: 1 },
  );
  assert.deepEqual(streams[0]?.calls, [
    `gap 2 ${WALL_NS + 15n}`,
    'metadata n=v true',
    'event image-generation notification',
    'discontinuity',
    'end 1',
  ]);
});

test('an element that goes without a drain is drained within its stop-stream-timeout', async () => {
  const { streams, push, registry } = host();
  push(openMessage({ 'stop-stream-timeout': 3 }), { type: close });
  const settled = registry.settled();
  await turn();
  assert.equal(registry.activeCount, 1);
  const timeoutMs = streams[0]?.drains[0]?.timeoutMs ?? 0;
  assert.ok(timeoutMs > 2_000 && timeoutMs <= 3_000);
  streams[0]?.drains[0]?.resolve();
  await settled;
  assert.equal(registry.activeCount, 0);
});

test('a frame that waits for room when the element goes is still sent first', async () => {
  const { streams, push, registry } = host();
  push(openMessage({ 'streaming-type': 'offline' }));
  const stream = streams[0];
  assert.ok(stream);
  let makeRoom = (): void => {};
  stream.room = new Promise((resolve) => {
    makeRoom = resolve;
  });
  push({ type: frame, payload: 'last' }, { type: close });
  await turn();
  assert.equal(stream.drains.length, 0);
  makeRoom();
  await turn();
  await turn();
  assert.equal(stream.frames[0]?.text, 'last');
  stream.drains[0]?.resolve();
  await registry.settled();
});

test('properties that may change while playing do', () => {
  const { streams, push, sentOf } = host();
  push(openMessage(), { type: frame, track: 1, flags: 1, ptsNs: 0n, payload: 'x' });
  assert.equal(sentOf(HostMessage.metrics).length, 0);
  push(
    { type: ElementMessage.property, payload: '{"name":"get-kvs-metrics","value":true}' },
    { type: ElementMessage.property, payload: '{"name":"use-original-pts","value":true}' },
    { type: frame, track: 1, flags: 1, ptsNs: 7n, dtsNs: 6n, payload: 'y' },
  );
  assert.equal(streams[0]?.frames[1]?.ptsNs, 6n);
  assert.match(sentOf(HostMessage.metrics)[0]?.payload ?? '', /frame-pts-ns=\(guint64\)6/);
});

test('JSON that is broken is an error that does not quote it', () => {
  const { push, sentOf } = host();
  push({ type: open, payload: '{"secret-key":"TOPSECRET' });
  const text = sentOf(HostMessage.error)[0]?.payload ?? '';
  assert.match(text, /open\\ message\\ is\\ broken/);
  assert.doesNotMatch(text, /TOPSECRET/);
});

test('what comes of an unknown element is ignored', () => {
  const { push, sent } = host();
  push({ type: frame, element: 77, payload: 'x' }, { type: drain, element: 77 });
  assert.deepEqual(sent, []);
});

test('a source that runs ahead is made to wait, unless another track of the element is live', () => {
  const { push, streams } = host();
  const source = (track: number, live: boolean, runsAhead: boolean): ElementMessageFields => ({
    type: ElementMessage.source,
    track,
    payload: JSON.stringify({ live, runsAhead }),
  });
  push(openMessage());
  assert.equal(streams[0]?.waits, false);
  push(source(1, false, false));
  assert.equal(streams[0]?.waits, false);
  push(source(1, false, true));
  assert.equal(streams[0]?.waits, true);
  const pad = { track: 2, kind: 'audio', pad: 'audio_0' };
  push({ type: ElementMessage.track, track: 2, payload: JSON.stringify(pad) });
  push(source(2, true, false));
  assert.equal(streams[0]?.waits, false);
});

test('an offline element waits whatever its sources are', () => {
  const { push, streams } = host();
  push(openMessage({ 'streaming-type': 'offline' }));
  push({ type: ElementMessage.source, track: 1, payload: '{"live":true,"runsAhead":false}' });
  assert.equal(streams[0]?.waits, true);
});

test('each change of an element’s state is a line of its debug log', async () => {
  const { streams, sentOf, push } = host();
  push(openMessage({ 'log-level': 'debug' }), { type: drain, payload: '{"timeoutMs":1000}' });
  streams[0]?.drains[0]?.resolve();
  await turn();
  push({ type: frame, track: 1, ptsNs: 0n, payload: 'key' });
  assert.deepEqual(
    sentOf(HostMessage.log).map(({ payload }) => payload),
    [
      'element: new -> open',
      'element: open -> draining',
      'element: draining -> drained',
      'element: drained -> open',
    ],
  );
});
