import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ElementRegistry } from '../../src/host/element-registry.ts';
import { ElementReader } from '../../src/host/wire/element-reader.ts';
import { ElementMessage, HostMessage } from '../../src/host/wire/wire.ts';
import type { Logger } from '../../src/runtime/logger.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { type ElementMessageFields, elementMessage } from './element-message.ts';
import { FakeStream } from './fake-stream.ts';

/** An element that was opened with a level, the log that its stream has, and what came of it. */
function opened(level: string) {
  const lines: string[] = [];
  const logs: Logger[] = [];
  const registry = new ElementRegistry(
    {
      clock: new ManualClock(),
      monotonic: { nowNs: () => 0n, wallClockNs: (ns) => ns, clockMs: Number },
      openStream: (_settings, _plan, events, log) => {
        log.debug('opening');
        logs.push(log.child({ stream: 'door' }));
        return new FakeStream(events);
      },
    },
    (_element, event, _code, text) => {
      if (event === HostMessage.log) lines.push(String(text));
    },
  );
  const reader = new ElementReader((message) => registry.push(message));
  const push = (message: ElementMessageFields): void => reader.push(elementMessage(message));
  push({
    type: ElementMessage.open,
    payload: JSON.stringify({
      element: 'kvssink0',
      properties: { 'stream-name': 'door', 'log-level': level },
      pads: [{ track: 1, kind: 'video', pad: 'video_0' }],
    }),
  });
  const set = (value: string): void =>
    push({
      type: ElementMessage.property,
      payload: JSON.stringify({ name: 'log-level', value }),
    });
  const log = logs[0] ?? assert.fail('no stream was opened');
  return { lines, log, set };
}

test('log-level set while the stream is open counts from the next line on', () => {
  const { lines, log, set } = opened('warning');
  log.info('not wanted yet');
  set('debug');
  log.debug('fragment sent');
  set('error');
  log.warn('not wanted any more');
  assert.deepEqual(lines, ['fragment sent [stream:door]']);
});

test('what a stream logs while it is being opened has the level of the element', () => {
  const { lines } = opened('debug');
  assert.deepEqual(lines, ['opening', 'element: new -> open']);
});
