import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KvsError } from '../../src/errors/kvs-error.ts';
import { ackStructure, errorStructure, RESOURCE_WRITE } from '../../src/host/bus/bus-messages.ts';

// Clears the screen, sets the title, and steps back: ESC, BEL, CSI of C1, backspace, DEL.
const HOSTILE = 'no\u001b[2J\u001b]0;title\u0007\u009b1A\b\u007fentry';
const VISIBLE = 'no\\x1b[2J\\x1b]0;title\\x07\\x9b1A\\x08\\x7fentry';

test('control characters in what a service says are visible in an error', () => {
  const error = new KvsError('STATUS_INVALID_ARG', HOSTILE);
  assert.equal(error.message, VISIBLE);
  assert.ok(error.describe().startsWith(VISIBLE));
});

test('control characters do not reach the bus', () => {
  const cause = new Error(HOSTILE);
  const error = new KvsError('STATUS_INVALID_ARG', 'Refused.', { cause });
  assert.doesNotMatch(errorStructure(RESOURCE_WRITE, error), /(?!\n)\p{Cc}/u);
  const ack = {
    type: 'ERROR',
    timecode: 0n,
    fragmentNumber: undefined,
    errorId: 4000,
    errorCode: HOSTILE,
  } as const;
  assert.doesNotMatch(ackStructure('x', ack, { session: 1, latencyMs: undefined }), /\p{Cc}/u);
});

test('lines, tabs and letters of all languages stay as they are', () => {
  const text = 'first\n\tsecond: Zürich, 東京, 🎥';
  assert.equal(new KvsError('STATUS_INVALID_ARG', text).message, text);
});
