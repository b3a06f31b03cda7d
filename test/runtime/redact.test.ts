import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { LogFields, Logger } from '../../src/runtime/logger.ts';
import { redacting, redactText } from '../../src/runtime/redact.ts';

const KEY = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
const TOKEN = 'IQoJb3JpZ2luX2VjEXAMPLETOKEN+/==';
const PEM =
  '-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA\nqwert+/=\n-----END RSA PRIVATE KEY-----';

/** What must go, the text it stands in, and what must stay. */
const ROWS: readonly (readonly [text: string, secrets: readonly string[], stays: RegExp])[] = [
  [`kvssink stream-name=door secret-key=${KEY} ! fakesink`, [KEY], /stream-name=door.*! fakesink$/],
  [`kvssink secret-key="${KEY}" name=k`, [KEY], /name=k$/],
  [`session-token=(string)${TOKEN}, retention=2`, [TOKEN], /retention=2$/],
  [`{"secretAccessKey":"${KEY}","region":"eu"}`, [KEY], /"region":"eu"/],
  [`{\\"SessionToken\\": \\"${TOKEN}\\", \\"x\\": 1}`, [TOKEN], /x\\": 1/],
  [`AWS_SECRET_ACCESS_KEY=${KEY} and more`, [KEY], /and more$/],
  [`aws_session_token = ${TOKEN}\nregion = eu`, [TOKEN], /region = eu$/],
  ['the key AKIAIOSFODNN7EXAMPLE is unknown', ['AKIAIOSFODNN7EXAMPLE'], /^the key .* is unknown$/],
  ['ASIAIOSFODNN7EXAMPLE expired', ['ASIAIOSFODNN7EXAMPLE'], /expired$/],
  [
    'authorization: AWS4-HMAC-SHA256 Credential=AK/20260101/r/s/aws4_request, SignedHeaders=host, Signature=feed\nhost:x',
    ['AK/2026', 'feed'],
    /host:x$/,
  ],
  ['"Authorization": "Basic dXNlcjpwYXNz", "a": 1', ['dXNlcjpwYXNz'], /"a": 1$/],
  [`POST\n/\n\nhost:x\nx-amz-security-token:${TOKEN}\n\nhost`, [TOKEN], /host:x.*host$/s],
  [
    'https://h/p?X-Amz-Credential=AK%2F1&X-Amz-Date=1&X-Amz-Signature=abc&X-Amz-Security-Token=tok%2B#x',
    ['AK%2F', 'abc', 'tok%2B'],
    /X-Amz-Date=1/,
  ],
  ['rtsp://admin:hunter2@10.0.0.9:554/live', ['admin', 'hunter2'], /10\.0\.0\.9:554\/live$/],
  ['rtsp://admin:p@ss/w@rd@cam/live?x=1 ended', ['p@ss', 'w@rd'], /@cam\/live\?x=1 ended$/],
  ['http://token@proxy:3128', ['token'], /proxy:3128$/],
  ['user-id=joe user-pw=hunter2 latency=0', ['hunter2'], /latency=0$/],
  ['pass-phrase=hunter2 latency=0', ['hunter2'], /latency=0$/],
  ['userpw: hunter2', ['hunter2'], /^userpw/],
  ['PROXY-PW=hunter2', ['hunter2'], /^PROXY-PW/],
  [`key is ${PEM} end`, ['MIIEpAIBAAKCAQEA', 'qwert'], / end$/],
  [`{"k":"${PEM.replaceAll('\n', '\\n').slice(0, 60)}`, ['MIIEpAIBAAK'], /^\{"k":"/],
];

for (const [text, secrets, stays] of ROWS) {
  test(`no secret is left of: ${text.slice(0, 50).replaceAll('\n', ' ')}`, () => {
    const clean = redactText(text);
    for (const secret of secrets) assert.ok(!clean.includes(secret), clean);
    assert.match(clean, stays);
    assert.match(clean, /\[redacted\]/);
  });
}

test('whatever stands around it, a secret goes', () => {
  const word = fc.oneof(fc.string(), fc.constantFrom('://', '@', '"', 'key=', '\n', '-----BEGIN '));
  const words = fc.array(word, { maxLength: 8 }).map((parts) => parts.join(''));
  fc.assert(
    fc.property(words, words, (before, after) => {
      for (const form of [
        `secret-key=${KEY}`,
        `rtsp://admin:${KEY}@cam/`,
        `x-amz-security-token:${KEY}`,
      ]) {
        assert.ok(!redactText(`${before} ${form} ${after}`).includes(KEY));
      }
    }),
  );
});

test('every name of a secret is known, however it is written', () => {
  const names = [
    ['access', 'key'],
    ['access', 'key', 'id'],
    ['secret'],
    ['secret', 'key'],
    ['secret', 'access', 'key'],
    ...['session', 'security', 'authorization', 'refresh', 'id', 'access'].map((of) => [
      of,
      'token',
    ]),
    ['signature'],
    ['x-amz-credential'],
    ['password'],
    ['passwd'],
    ['pass', 'phrase'],
    ['user', 'pw'],
    ['proxy', 'pw'],
    ['private', 'key'],
    ['private', 'key', 'pem'],
    ['cookie'],
  ];
  const lines: (LogFields | undefined)[] = [];
  const plain = {
    info: (_: string, fields?: LogFields) => lines.push(fields),
  } as unknown as Logger;
  for (const words of names) {
    for (const separator of ['', '-', '_']) {
      for (const name of [words.join(separator), words.join(separator).toUpperCase()]) {
        for (const form of [`${name}=hunter2`, `${name}: hunter2`, `"${name}":"hunter2"`]) {
          assert.ok(!redactText(form).includes('hunter2'), form);
        }
        redacting(plain).info('', { [name]: 'hunter2' });
        assert.deepEqual(lines.at(-1), { [name]: '[redacted]' });
      }
    }
  }
});

test('a text that is made to take long does not', () => {
  for (const part of ['x://', '://a:', 'secret', 'authorization"', '-----BEGIN PRIVATE KEY-----']) {
    redactText(`key@${part.repeat(20_000)}`);
  }
});

test('a text without secrets stays as it is', () => {
  for (const text of [
    'The security token included in the request is expired',
    'Signature expired: 20260101T000000Z is now earlier than 20260102T000000Z',
    'credentials fetched from http://127.0.0.1:8080/v2?user=a@b',
    'arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab',
    'key frames closer than a second share a fragment',
    'wrote /home/me/key.pem, private-key-path=/etc/key.pem',
    'STATUS_INVALID_ARG: access-key is set but secret-key is not',
  ]) {
    assert.equal(redactText(text), text);
  }
});

test('a field with a secret’s name loses its value, in every spelling, also of a child', () => {
  const lines: [string, LogFields | undefined][] = [];
  const children: LogFields[] = [];
  const plain: Logger = {
    error: (message, fields) => lines.push([message, fields]),
    warn: (message, fields) => lines.push([message, fields]),
    info: (message, fields) => lines.push([message, fields]),
    debug: (message, fields) => lines.push([message, fields]),
    child(fields) {
      children.push(fields);
      return plain;
    },
  };
  const log = redacting(plain);
  for (const level of ['error', 'warn', 'info', 'debug'] as const) {
    log[level](`secret-key=${KEY}`, { secretKey: KEY, session_token: TOKEN, bytes: 5n });
  }
  log.child({ stream: 'door', 'X-Amz-Security-Token': TOKEN, url: 'rtsp://a:b@c/d' });
  assert.equal(lines.length, 4);
  for (const [message, fields] of lines) {
    assert.equal(message, 'secret-key=[redacted]');
    assert.deepEqual(fields, { secretKey: '[redacted]', session_token: '[redacted]', bytes: 5n });
  }
  const url = 'rtsp://[redacted]@c/d';
  assert.deepEqual(children, [{ stream: 'door', 'X-Amz-Security-Token': '[redacted]', url }]);
});
