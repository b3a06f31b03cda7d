import assert from 'node:assert/strict';
import { test } from 'node:test';
import { userAgent } from '../../src/aws/settings/user-agent.ts';
import { KvsError } from '../../src/errors/kvs-error.ts';

test("the user agent has upstream's form", () => {
  assert.match(
    userAgent(),
    /^AWS-SDK-KVS-CPP-CLIENT\/3\.6\.0\/\d\S* Node\.js\/\d+\.\d+\.\d+ Linux\/\S+ \S+ kvs-launch$/,
  );
  assert.match(userAgent('my-cam/1.0'), /^my-cam\/1\.0\/\d/);
});

test('33 characters are refused with upstream’s status, as kvssink does', () => {
  userAgent('x'.repeat(32));
  assert.throws(
    () => userAgent('x'.repeat(33)),
    (error: unknown) =>
      error instanceof KvsError && error.code === 'STATUS_MAX_USER_AGENT_NAME_POSTFIX_LEN_EXCEEDED',
  );
});

test('what a header cannot carry is replaced', () => {
  assert.match(userAgent('caméra\r\nx: y'), /^cam_ra__x: y\//);
});
