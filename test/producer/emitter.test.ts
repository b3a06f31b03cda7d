import assert from 'node:assert/strict';
import { EventEmitter, on, once } from 'node:events';
import { describe, it } from 'node:test';
import { KvsError } from '../../src/errors/kvs-error.ts';
import { Emitter } from '../../src/producer/events/emitter.ts';
import { makeRig } from './support/rig.ts';

type Events = { tick: number; error: Error };

describe('an emitter', () => {
  it('does not call a listener that was given to once and taken back by off', () => {
    const emitter = new Emitter<Events>();
    const seen: number[] = [];
    const listener = (n: number): void => {
      seen.push(n);
    };
    emitter.once('tick', listener).off('tick', listener).emit('tick', 1);
    assert.deepEqual(seen, []);
  });

  it('calls a listener given to once a single time, also when it emits the event itself', () => {
    const emitter = new Emitter<Events>();
    const seen: number[] = [];
    emitter.once('tick', (n) => {
      seen.push(n);
      emitter.emit('tick', n + 1);
    });
    emitter.emit('tick', 1);
    emitter.emit('tick', 3);
    assert.deepEqual(seen, [1]);
  });

  it('does to its listeners what an EventEmitter does', () => {
    const run = (emitter: EventEmitter | Emitter<Events>): unknown[] => {
      const log: unknown[] = [];
      const one = (n: number): unknown => log.push(['one', n]);
      const two = (n: number): unknown => log.push(['two', n]);
      const target = emitter as EventEmitter;
      target
        .on('tick', one)
        .once('tick', two)
        .prependListener('tick', two)
        .addListener('tick', one);
      log.push(target.listenerCount('tick'), target.eventNames(), target.emit('tick', 1));
      target.off('tick', one).prependOnceListener('tick', one);
      log.push(target.emit('tick', 2), target.listeners('tick').length, target.emit('none', 0));
      log.push(target.removeAllListeners('tick').emit('tick', 3), target.eventNames());
      return log;
    };
    assert.deepEqual(run(new Emitter<Events>()), run(new EventEmitter()));
  });

  it('calls the other listeners when one throws, and reports what it threw', () => {
    const errors: unknown[] = [];
    const emitter = new Emitter<Events>((error) => errors.push(error));
    const seen: number[] = [];
    const thrown = new Error('no');
    emitter.on('tick', () => {
      throw thrown;
    });
    emitter.on('tick', (n) => seen.push(n));
    emitter.emit('tick', 1);
    assert.deepEqual([errors, seen], [[thrown], [1]]);
  });
});

describe('a stream and node:events', () => {
  it('gives streamClosed to once()', async () => {
    const { stream } = await makeRig();
    const closed = once(stream, 'streamClosed');
    stream.close();
    assert.deepEqual(await closed, [{ error: undefined }]);
  });

  it('rejects once() with the fatal error, when the event will not come', async () => {
    const { stream, sink } = await makeRig();
    const pressure = once(stream, 'bufferDurationOverflowPressure');
    const error = new KvsError('STATUS_SERVICE_CALL_NOT_AUTHORIZED_ERROR', 'not allowed');
    sink.dependencies.events.error(error, { fatal: true, fragment: undefined });
    await assert.rejects(pressure, error);
  });

  it('gives each fragmentAck to for await, until a signal ends it and no listener is left', async () => {
    const { stream, sink } = await makeRig();
    // The rig listens too.
    const before = stream.listenerCount('fragmentAck');
    const ended = new AbortController();
    const acks = on(stream, 'fragmentAck', { signal: ended.signal });
    for (const type of ['BUFFERING', 'PERSISTED'] as const) {
      const ack = { type, timecode: 0n, fragmentNumber: '1' };
      const none = { errorId: undefined, errorCode: undefined };
      sink.dependencies.events.ack({ ...ack, ...none }, undefined, 1);
    }
    const types: string[] = [];
    await assert.rejects(
      async () => {
        for await (const [{ ack }] of acks) {
          types.push(ack.type);
          if (types.length === 2) ended.abort();
        }
      },
      { name: 'AbortError' },
    );
    assert.deepEqual(types, ['BUFFERING', 'PERSISTED']);
    assert.equal(stream.listenerCount('fragmentAck'), before);
    stream.close();
  });
});
