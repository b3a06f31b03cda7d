import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serveAddon } from '../../src/host/addon-host.ts';
import type { NativeAddon } from '../../src/host/native/native.ts';
import { ElementMessage, HostMessage } from '../../src/host/wire/wire.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { type ElementMessageFields, elementMessage } from './element-message.ts';
import { FakeStream } from './fake-stream.ts';

/** The addon's queues without the addon. */
class FakeAddon {
  readonly queues = new Map<number, Buffer[]>();
  readonly sent: { element: number; event: number }[] = [];
  pulls = 0;
  ring: (element: number) => void = () => {};

  start(onDoorbell: (element: number) => void): void {
    this.ring = onDoorbell;
  }

  queue(...messages: ElementMessageFields[]): void {
    for (const message of messages) {
      const element = message.element ?? 1;
      const queue = this.queues.get(element) ?? [];
      queue.push(elementMessage(message));
      this.queues.set(element, queue);
    }
  }

  pull(element: number, slab: Uint8Array): number {
    this.pulls++;
    const queue = this.queues.get(element) ?? [];
    let at = 0;
    for (let next = queue[0]; next !== undefined; next = queue[0]) {
      if (at + next.length > slab.length) return at === 0 ? -next.length : at;
      slab.set(next, at);
      at += next.length;
      queue.shift();
    }
    return at;
  }

  send(element: number, event: number): boolean {
    this.sent.push({ element, event });
    return true;
  }
}

function serve() {
  const addon = new FakeAddon();
  const streams: FakeStream[] = [];
  const host = serveAddon(addon as unknown as NativeAddon, {
    clock: systemClock,
    monotonic: { nowNs: () => 0n, wallClockNs: (ns) => ns, clockMs: Number },
    openStream: (_settings, _config, events) => {
      const stream = new FakeStream(events);
      streams.push(stream);
      return stream;
    },
  });
  return { addon, streams, host };
}

function open(streamingType = 'realtime', element = 1): ElementMessageFields {
  return {
    type: ElementMessage.open,
    element,
    payload: JSON.stringify({
      element: `kvssink${element}`,
      properties: { 'stream-name': 's', 'streaming-type': streamingType },
      pads: [],
    }),
  };
}
function frame(payload: string | Uint8Array): ElementMessageFields {
  return {
    type: ElementMessage.frame,
    track: 1,
    ptsNs: 0n,
    payload,
  };
}
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

test('a ring of the bell is answered until nothing is left', () => {
  const { addon, streams } = serve();
  addon.queue(open(), frame('a'), frame('b'));
  addon.ring(1);
  assert.deepEqual(
    streams[0]?.frames.map(({ text }) => text),
    ['a', 'b'],
  );
});

test('a frame larger than the slab makes the slab grow', () => {
  const { addon, streams } = serve();
  addon.queue(open(), frame(Buffer.alloc(3_000_000, 'x')));
  addon.ring(1);
  assert.equal(streams[0]?.frames[0]?.text.length, 3_000_000);
});

test('an element that waits for room is not pulled until there is some', async () => {
  const { addon, streams } = serve();
  addon.queue(open('offline'));
  addon.ring(1);
  const stream = streams[0];
  assert.ok(stream);
  let makeRoom = (): void => {};
  stream.room = new Promise((resolve) => {
    makeRoom = resolve;
  });
  addon.queue(frame('a'));
  addon.ring(1);
  const { pulls } = addon;
  addon.queue(frame('b'));
  addon.ring(1);
  assert.equal(addon.pulls, pulls);
  stream.room = undefined;
  makeRoom();
  await turn();
  assert.deepEqual(
    stream.frames.map(({ text }) => text),
    ['a', 'b'],
  );
});

test('one element that has much does not keep another from its turn', async () => {
  const { addon, streams } = serve();
  addon.queue(open('realtime', 1), open('realtime', 2));
  addon.ring(1);
  addon.ring(2);
  for (let count = 0; count < 12; count++) addon.queue(frame(Buffer.alloc(1_000_000)));
  addon.queue({ ...frame('x'), element: 2 });
  addon.ring(1);
  addon.ring(2);
  assert.ok((streams[0]?.frames.length ?? 0) < 12);
  assert.equal(streams[1]?.frames.length, 1);
  for (let count = 0; count < 5; count++) await turn();
  assert.equal(streams[0]?.frames.length, 12);
});

test('there is no window to credit; everything else is handed to the element', async () => {
  const { addon, streams, host } = serve();
  addon.queue(open(), frame(Buffer.alloc(1_000_000)));
  addon.ring(1);
  streams[0]?.events.ready('arn');
  assert.deepEqual(addon.sent, [{ element: 1, event: HostMessage.ready }]);
  const gone = host.disconnect();
  streams[0]?.drains[0]?.resolve();
  await gone;
});
