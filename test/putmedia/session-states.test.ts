import assert from 'node:assert/strict';
import { Agent } from 'node:http';
import { test } from 'node:test';
import { PutMediaSession } from '../../src/putmedia/session/put-media-session.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { silentLogger } from '../../src/runtime/logger.ts';
import { waitFor } from './support/harness.ts';
import { TestProducer } from './support/media.ts';
import { MemorySource } from './support/memory-source.ts';
import { type Behaviour, PutMediaService } from './support/put-media-service.ts';

type Rig = {
  readonly service: PutMediaService;
  readonly session: PutMediaSession;
  readonly source: MemorySource;
  readonly producer: TestProducer;
  /** Every line of the session's log. */
  readonly lines: readonly string[];
  /** What the session reported to its owner. */
  readonly told: readonly string[];
};

const HOUR_MS = 3_600_000;

/** One session by itself, with one frame of a fragment to send. */
async function withSession(behaviour: Behaviour, run: (rig: Rig) => Promise<void>): Promise<void> {
  await using service = new PutMediaService();
  await service.listen();
  service.behave = () => behaviour;
  const source = new MemorySource();
  const producer = new TestProducer(source);
  producer.begin();
  producer.frame();
  const agent = new Agent({ keepAlive: false });
  const lines: string[] = [];
  const told: string[] = [];
  const line = (text: string): void => void lines.push(text);
  const session = new PutMediaSession({
    id: 0,
    url: new URL('/putMedia', service.endpoint),
    headers: { 'x-amzn-fragment-acknowledgment-required': '1' },
    agent,
    source,
    format: producer.format,
    firstIndex: 0,
    isDone: () => false,
    settledLevel: 'persisted',
    limits: {
      connectTimeoutMs: HOUR_MS,
      responseTimeoutMs: HOUR_MS,
      stallTimeoutMs: HOUR_MS,
      endTimeoutMs: HOUR_MS,
      persistTimeoutMs: HOUR_MS,
      idleTimeoutMs: HOUR_MS,
      stalenessMs: HOUR_MS,
      settleTimeoutMs: HOUR_MS,
      persistWarningMs: HOUR_MS,
      staleQuietMs: HOUR_MS,
    },
    provider: 'test',
    clock: systemClock,
    log: { ...silentLogger, error: line, warn: line, info: line, debug: line },
    dump: undefined,
    events: {
      connected: () => void told.push('connected'),
      accepted: () => void told.push('accepted'),
      ack: () => {},
      ackProblem: () => {},
      written: () => {},
      ended: () => void told.push('ended'),
      unpersisted: () => {},
      stale: () => {},
      date: () => {},
      closed: ({ kind }) => void told.push(kind),
    },
  });
  try {
    await run({ service, session, source, producer, lines, told });
    assert.equal(source.pinned, 0);
  } finally {
    session.abort();
    agent.destroy();
  }
}

test('each change of a session and of its body is one line of the log, and a frame is none', async () => {
  await withSession({}, async ({ service, session, producer, lines, told }) => {
    const frames = (): number => service.sessions[0]?.fragments[0]?.frames.length ?? 0;
    await waitFor(() => told.includes('accepted'), 'the service accepts the session');
    const opened = ['session: opening -> connected', 'session: connected -> streaming'];
    assert.deepEqual(lines, opened);
    for (let count = 1; count <= 20; count += 1) {
      session.pump();
      await waitFor(() => frames() === count, `frame ${count} arrives`);
      producer.frame();
    }
    assert.deepEqual(lines, opened, 'frames are not logged');
    producer.complete();
    session.finish();
    session.finish();
    await waitFor(() => session.isClosed, 'the session ends');
    session.abort();
    assert.deepEqual(lines, [
      ...opened,
      'body: sending -> finishing',
      'body: finishing -> ended',
      'session: streaming -> closed',
      'body: ended -> closed',
    ]);
    assert.deepEqual(told, ['connected', 'accepted', 'ended', 'finished']);
    assert.equal(session.wasAccepted, true);
    assert.equal(frames(), 21);
  });
});

test('a refusal is a change of its own before the end', async () => {
  await withSession({ status: 403, body: '{}' }, async ({ session, lines, told }) => {
    await waitFor(() => session.isClosed, 'the session ends');
    assert.deepEqual(lines, [
      'session: opening -> connected',
      'session: connected -> refused',
      'session: refused -> closed',
      'body: sending -> closed',
    ]);
    assert.deepEqual(told, ['connected', 'failed']);
    assert.equal(session.wasAccepted, false);
  });
});

test('a session that is closed remembers whether it had sent all there was', async () => {
  await withSession({ acks: [] }, async ({ session, lines, told }) => {
    await waitFor(() => told.includes('accepted'), 'the service accepts the session');
    session.pump();
    await waitFor(() => session.hasSentAll, 'the kernel has the frame');
    session.abort();
    session.abort();
    assert.equal(session.hasSentAll, true);
    assert.deepEqual(lines.slice(-2), ['session: streaming -> closed', 'body: sending -> closed']);
  });
  await withSession({}, async ({ session, lines, told }) => {
    session.abort();
    assert.equal(session.hasSentAll, false);
    assert.deepEqual(lines, ['session: opening -> closed', 'body: sending -> closed']);
    assert.deepEqual(told, ['aborted']);
  });
});
