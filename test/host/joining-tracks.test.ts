import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KvsError } from '../../src/errors/kvs-error.ts';
import { ElementRegistry } from '../../src/host/element-registry.ts';
import type { StreamPlan } from '../../src/host/stream/stream-port.ts';
import { ElementReader } from '../../src/host/wire/element-reader.ts';
import { ElementMessage, HostMessage } from '../../src/host/wire/wire.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { type ElementMessageFields, elementMessage } from './element-message.ts';
import { FakeStream } from './fake-stream.ts';

const { frame, open, caps, drain, track, trackEos } = ElementMessage;
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** One element whose streams are fake. */
function element() {
  const streams: FakeStream[] = [];
  const plans: StreamPlan[] = [];
  const sent: { event: number; payload: string }[] = [];
  const registry = new ElementRegistry(
    {
      clock: systemClock,
      monotonic: { wallClockNs: (ns) => ns, clockMs: Number, nowNs: () => 0n },
      openStream: (_settings, plan, events) => {
        plans.push(plan);
        const stream = new FakeStream(events);
        streams.push(stream);
        return stream;
      },
    },
    (_element, event, _code, payload = '') => sent.push({ event, payload }),
  );
  const reader = new ElementReader((message) => registry.push(message));
  const push = (...messages: ElementMessageFields[]): void => {
    for (const message of messages) reader.push(elementMessage(message));
  };
  return { streams, plans, sent, push };
}

const video = { track: 1, kind: 'video', pad: 'video_0' };
const audio = { track: 2, kind: 'audio', pad: 'audio_0' };
const alaw = { name: 'audio/x-alaw', fields: { rate: 8000, channels: 1 } };
/** AAC that says nothing of itself. */
const bareAac = { name: 'audio/mpeg', fields: { mpegversion: 4, 'stream-format': 'raw' } };

function opened(more: Record<string, unknown> = {}): ElementMessageFields {
  return {
    type: open,
    payload: JSON.stringify({
      element: 'kvssink0',
      properties: { 'stream-name': 'camera' },
      pads: [video],
      ...more,
    }),
  };
}
function joins(pad: object, id = 2): ElementMessageFields {
  return {
    type: track,
    track: id,
    payload: JSON.stringify(pad),
  };
}
function carries(what: object, id = 2): ElementMessageFields {
  return {
    type: caps,
    track: id,
    payload: JSON.stringify(what),
  };
}
function one(id: number, text = 'x'): ElementMessageFields {
  return {
    type: frame,
    track: id,
    ptsNs: 0n,
    payload: text,
  };
}

test('a track that joins is added to the stream, with what its peer may send', () => {
  const { streams, push } = element();
  push(opened(), joins({ ...audio, caps: alaw }), carries(alaw), one(2, 'sound'));
  const [stream] = streams;
  assert.deepEqual(stream?.calls, ['add 2 audio']);
  assert.deepEqual(
    stream?.formats.map(({ track: id, description }) => [id, description.mediaType]),
    [
      [2, 'audio/x-alaw'],
      [2, 'audio/x-alaw'],
    ],
  );
  assert.equal(stream?.frames[0]?.text, 'sound');
});

test('the core learns how long to wait for pads, and when no more will come', () => {
  const { streams, plans, push } = element();
  push(opened({ padWaitMs: 700 }));
  assert.equal(plans[0]?.moreTracksWaitMs, 700);
  push({ type: track });
  assert.deepEqual(streams[0]?.calls, ['no more tracks']);
});

test('a track that is gone is removed; the same again has its old name, another a new one', () => {
  const { streams, push } = element();
  push(opened(), joins(audio), { type: track, track: 2 }, joins(audio));
  push(joins({ track: 3, kind: 'audio', pad: 'audio_1' }, 3));
  assert.deepEqual(streams[0]?.calls, ['add 2 audio', 'remove 2', 'add 2 audio', 'add 3 audio_2']);
});

test('a stream that is opened again has the tracks that there are by then, and waits for no more', async () => {
  const { streams, plans, push } = element();
  push(opened({ padWaitMs: 700 }), joins(audio), { type: track, track: 1 });
  push({ type: drain });
  streams[0]?.drains[0]?.resolve();
  await turn();
  push(carries(alaw), one(2));
  assert.deepEqual(
    plans[1]?.tracks.map(({ trackId, trackName }) => [trackId, trackName]),
    [[2, 'audio']],
  );
  assert.equal(plans[1]?.moreTracksWaitMs, 0);
});

test('a track that joins while the stream drains is in the next one', async () => {
  const { streams, plans, push } = element();
  push(opened(), { type: trackEos, track: 1 }, { type: drain });
  push(joins(audio), carries(alaw), one(2, 'late'));
  assert.equal(streams.length, 1);
  streams[0]?.drains[0]?.resolve();
  await turn();
  await turn();
  assert.deepEqual(
    plans[1]?.tracks.map(({ trackId }) => trackId),
    [1, 2],
  );
  assert.equal(streams[1]?.frames[0]?.text, 'late');
});

test('a track that joins with media that cannot be stored is reported and left out; the others continue', () => {
  const { streams, sent, push } = element();
  push(opened(), joins(audio));
  const stream = streams[0] as FakeStream;
  const set = stream.setTrackFormat.bind(stream);
  stream.setTrackFormat = (id, description) => {
    if (description.mediaType === 'audio/mpeg') {
      throw new KvsError('STATUS_MKV_INVALID_AAC_CPD', 'AudioSpecificConfig is missing');
    }
    set(id, description);
  };
  push(carries(bareAac), one(2), one(2), one(1, 'picture'));
  assert.deepEqual(
    stream.frames.map(({ text }) => text),
    ['picture'],
  );
  const warnings = sent.filter(({ event }) => event === HostMessage.warning);
  assert.equal(warnings.length, 1);
  assert.match(warnings[0]?.payload ?? '', /left\\ out.*AudioSpecificConfig/);
  assert.ok(sent.every(({ event }) => event !== HostMessage.error));
  // Its frames are counted as lost, those after the first at the latest when the stream ends.
  const told = (): number =>
    sent
      .map(({ payload }) => /kvs-dropped-frames.*frames=\(uint\)(\d+).*no-format/.exec(payload))
      .reduce((sum, match) => sum + Number(match?.[1] ?? 0), 0);
  push({ type: drain });
  stream.drains[0]?.resolve();
  return turn().then(() => assert.equal(told(), 2));
});

test('other caps mend a track that was left out', () => {
  const { streams, push } = element();
  push(opened(), joins(audio));
  const stream = streams[0] as FakeStream;
  const set = stream.setTrackFormat.bind(stream);
  stream.setTrackFormat = (id, description) => {
    if (description.mediaType === 'audio/mpeg') {
      throw new KvsError('STATUS_MKV_INVALID_AAC_CPD', 'AudioSpecificConfig is missing');
    }
    set(id, description);
  };
  push(carries(bareAac), one(2), carries(alaw), one(2, 'sound'));
  assert.deepEqual(
    stream.frames.map(({ text }) => text),
    ['sound'],
  );
});

test('repeated messages about a removed pad do a new host no harm', () => {
  const { streams, sent, push } = element();
  push(opened(), { type: track, track: 2 }, carries(alaw), { type: trackEos, track: 1 });
  assert.deepEqual(streams[0]?.calls, ['end 1']);
  assert.ok(sent.every(({ event }) => event !== HostMessage.error));
});
