import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { judgeHealth, readHealthRecord } from '../../src/host/health/health-record.ts';
import { watchHealth } from '../../src/host/health/health-watch.ts';
import type {
  OpenStream,
  StreamPort,
  StreamPortEvents,
} from '../../src/host/stream/stream-port.ts';
import type { Frame } from '../../src/producer/info/frame.ts';
import type { FragmentAck } from '../../src/putmedia/uploader-api.ts';
import type { Clock } from '../../src/runtime/clock.ts';
import { silentLogger } from '../../src/runtime/logger.ts';

const LIMIT_MS = 60_000;
function nothing(): undefined {
  return undefined;
}
const silent: StreamPortEvents = {
  ready: nothing,
  connection: nothing,
  ack: nothing,
  droppedFrames: nothing,
  droppedFragment: nothing,
  pressure: nothing,
  spool: nothing,
  fragmentLeft: nothing,
  clockError: nothing,
  error: nothing,
  warned: nothing,
  keyFrameWanted: nothing,
  bitrateAdvice: nothing,
  closed: nothing,
};

describe('the verdict on what is acknowledged', () => {
  it('is bad before anything was opened', () => {
    const verdict = judgeHealth(undefined, 0, LIMIT_MS);
    assert.deepEqual(verdict, { healthy: false, text: 'No kvssink has been opened yet.' });
  });

  it('gives a stream that was just opened time for its first ack', () => {
    const record = { streams: { door: { ackedMs: 1_000, frameMs: 1_000 } } };
    assert.equal(judgeHealth(record, 61_000, LIMIT_MS).healthy, true);
    assert.equal(judgeHealth(record, 61_001, LIMIT_MS).healthy, false);
  });

  it('tells a source that gives nothing from a service that acknowledges nothing', () => {
    const record = {
      ackedMs: 99_000,
      streams: {
        door: { ackedMs: 99_000, frameMs: 99_500 },
        gate: { ackedMs: 20_000, frameMs: 99_500 },
        yard: { ackedMs: 30_000, frameMs: 29_000 },
      },
    };
    assert.deepEqual(judgeHealth(record, 100_000, LIMIT_MS), {
      healthy: false,
      text: 'gate: frames arrive, but the last ack was 80 s ago; yard: no frame has come from the pipeline for 71 s.',
    });
  });

  it('stays good for a while between two pipelines, but not indefinitely', () => {
    const record = { ackedMs: 10_000, streams: {} };
    assert.equal(judgeHealth(record, 60_000, LIMIT_MS).healthy, true);
    assert.equal(judgeHealth(record, 80_000, LIMIT_MS).healthy, false);
  });
});

describe('the record of acks', () => {
  let folder = '';
  let path = '';
  let now = 5_000;
  let timers: (() => void)[] = [];
  const clock: Clock = {
    nowMs: () => 0,
    monotonicMs: () => 0,
    after: (_delayMs, callback) => {
      timers.push(callback);
      return { cancel() {} };
    },
  };
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'health-'));
    path = join(folder, 'health.json');
    now = 5_000;
    timers = [];
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** Opens a stream; gives what the core would call, and what the element calls. */
  function open(streamName: string): { events: StreamPortEvents; port: StreamPort } {
    let events: StreamPortEvents | undefined;
    const openStream = watchHealth(
      (_settings, _config, given) => {
        events = given;
        return {
          putFrame: nothing,
          close: () => Promise.resolve(),
        } as Partial<StreamPort> as StreamPort;
      },
      path,
      clock,
      () => now,
    );
    const settings = { stream: { streamName } } as Parameters<OpenStream>[0];
    const config = { element: 'kvssink0', tracks: [], moreTracksWaitMs: 0 };
    const port = openStream(settings, config, silent, silentLogger);
    assert.ok(events);
    return { events, port };
  }

  function ack(type: FragmentAck['type']): FragmentAck {
    return {
      type,
      timecode: 0n,
      fragmentNumber: '1',
      errorId: undefined,
      errorCode: undefined,
    };
  }

  /** Lets the interval between two writes pass, and waits for the file to say `expected`. */
  async function written(expected: unknown): Promise<void> {
    for (let tries = 0; tries < 400; tries += 1) {
      for (const timer of timers.splice(0)) timer();
      const record = readHealthRecord(path);
      if (isDeepStrictEqual(record, expected)) return;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    assert.deepEqual(readHealthRecord(path), expected);
  }

  const info = { session: 1, latencyMs: undefined };

  it('holds when a stream was opened, its last frame and its last ack', async () => {
    const { events, port } = open('door');
    await written({ streams: { door: { ackedMs: 5_000, frameMs: 5_000 } } });
    now = 7_000;
    port.putFrame({} as Frame);
    now = 8_000;
    events.ack(ack('PERSISTED'), info);
    await written({ ackedMs: 8_000, streams: { door: { ackedMs: 8_000, frameMs: 7_000 } } });
  });

  it('does not count BUFFERING, IDLE and ERROR acks', async () => {
    const { events } = open('door');
    now = 9_000;
    for (const type of ['BUFFERING', 'IDLE', 'ERROR'] as const) events.ack(ack(type), info);
    await written({ streams: { door: { ackedMs: 5_000, frameMs: 5_000 } } });
  });

  it('forgets a stream that ended and remembers that there was an ack', async () => {
    const { events, port } = open('door');
    events.ack(ack('RECEIVED'), info);
    void port.close();
    await written({ ackedMs: 5_000, streams: {} });
  });

  it('is taken over from the process before', async () => {
    writeFileSync(path, '{"ackedMs":3000,"streams":{}}');
    open('door');
    await written({ ackedMs: 3_000, streams: { door: { ackedMs: 5_000, frameMs: 5_000 } } });
  });

  it('is not believed when it is broken', () => {
    for (const text of ['', '{', '[]', 'null', '{"streams":{"a":1}}', '{"streams":null}']) {
      writeFileSync(path, text);
      assert.equal(readHealthRecord(path), undefined, text);
    }
  });
});
