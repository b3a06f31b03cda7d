import assert from 'node:assert/strict';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { Ajv } from 'ajv';
import { parse } from 'yaml';
import { readCamerasFile } from '../../../src/cli/rtsp/cameras-file.ts';
import { camerasSchema } from '../../../src/cli/rtsp/cameras-schema.ts';
import { DEFAULTS } from '../../../src/cli/rtsp/network-camera.ts';
import { KvsError } from '../../../src/errors/kvs-error.ts';
import { packageRoot } from '../../../src/runtime/package-root.ts';
import { temporaryFolder } from '../../local/support/service.ts';

const GIVEN = { ...DEFAULTS, sink: ['storage-size=64'] };
const validate = new Ajv({ strict: false }).compile(camerasSchema());

/** Reads a file with this text; `beside` are files in the same folder. */
function read(
  t: TestContext,
  text: string,
  { env = {}, beside = {} }: { env?: Record<string, string>; beside?: Record<string, string> } = {},
) {
  const folder = temporaryFolder(t);
  const file = join(folder, 'cameras.yaml');
  writeFileSync(file, text, { mode: 0o600 });
  for (const [name, content] of Object.entries(beside)) {
    writeFileSync(join(folder, name), content, { mode: 0o600 });
  }
  return { file, folder, read: () => readCamerasFile(file, GIVEN, env) };
}

describe('a file with cameras', () => {
  it('needs an address and a name for each; the rest comes from the command line', (t) => {
    const text = 'cameras:\n  - { name: door, url: rtsp://10.0.0.7/main }\n';
    assert.deepEqual(read(t, text).read(), {
      cameras: [
        {
          name: 'door',
          url: 'rtsp://10.0.0.7/main',
          user: undefined,
          password: undefined,
          streamName: 'door',
          codec: undefined,
          transport: 'tcp',
          latencyMs: 200,
          audio: false,
          stallMs: 30_000,
          sink: ['storage-size=64'],
        },
      ],
      warnings: [],
    });
  });

  it('says everything of a camera, or once for all that do not say it themselves', (t) => {
    const text = `
defaults:
  protocol: udp
  audio: true
  user: viewer
  password-file: all.password
  retention: 24
  properties: { fragment-duration: 4000, storage-size: 32 }
cameras:
  - name: front door
    stream: front-door
    url: rtsp://10.0.0.7/main
    protocol: tcp
    latency: 500
    codec: h265
    audio: false
    stall: 5
    retention: 48
    password-env: DOOR_PASSWORD
    properties: { storage-size: 16, log-level: debug }
  - stream: yard
    url: rtsps://joe:p%40ss@10.0.0.8/
    user-file: yard.user
`;
    const { cameras } = read(t, text, {
      env: { DOOR_PASSWORD: 'open#sesame' },
      beside: { 'all.password': 'same for all\n', 'yard.user': 'jane' },
    }).read();
    assert.ok(validate(parse(text)), JSON.stringify(validate.errors));
    const [door, yard] = cameras;
    assert.deepEqual(door, {
      name: 'front door',
      url: 'rtsp://10.0.0.7/main',
      user: 'viewer',
      password: 'open#sesame',
      streamName: 'front-door',
      codec: 'h265',
      transport: 'tcp',
      latencyMs: 500,
      audio: false,
      stallMs: 5_000,
      sink: [
        'storage-size=64',
        'retention-period=24',
        'fragment-duration=4000',
        'storage-size=32',
        'retention-period=48',
        'storage-size=16',
        'log-level=debug',
      ],
    });
    assert.equal(yard?.name, 'yard');
    assert.equal(yard?.transport, 'udp');
    assert.equal(
      yard?.user,
      'jane',
      'a field is nearer than the address, which is nearer than the defaults',
    );
    assert.equal(yard?.password, 'p@ss');
  });

  it('may be JSON, and may use anchors and merge keys', (t) => {
    const json = JSON.stringify({ cameras: [{ name: 'door', url: 'rtsp://a/' }] });
    assert.equal(read(t, json).read().cameras[0]?.name, 'door');
    const yaml = `
cameras:
  - &door { name: door, url: rtsp://a/1, latency: 900 }
  - { <<: *door, name: gate, url: rtsp://a/2 }
`;
    assert.equal(read(t, yaml).read().cameras[1]?.latencyMs, 900);
  });

  const one = (more: string) => `cameras:\n  - name: door\n    url: rtsp://a/\n    ${more}\n`;
  const refused: readonly [what: string, text: string, message: RegExp, schemaKnows?: false][] = [
    ['no cameras', 'cameras: []', /cameras\.yaml:1: cameras is not a list of cameras\. Write/],
    ['nothing in it', '', /cameras is not a list/],
    ['another key beside them', `${one('')}camera: 1`, /:5: camera is not known\. .*cameras/],
    ['a field that there is not', one('latencey: 5'), /:4: cameras\[0\]\.latencey .*latency/],
    ['a password in the open', one('password: hunter2'), /cameras\[0\]\.password .*password-file/],
    ['no address', 'cameras: [{ name: door }]', /cameras\[0\] has no url\. .*rtsp:/],
    ['no name', 'cameras: [{ url: rtsp://a/ }]', /cameras\[0\] has no name/],
    ['a text for a number', one('latency: soon'), /:4: .*latency is "soon"\. .*number/],
    ['a number out of range', one('stall: 0'), /stall is 0\. .*at least 1/],
    ['another protocol', one('protocol: sctp'), /protocol is "sctp"\. .*tcp, udp/],
    ['another codec', one('codec: vp8'), /codec is "vp8"\. .*h264, h265/],
    ['a text for a flag', one('audio: "yes"'), /audio is "yes"\. .*true or false/],
    ['a camera that is a word', 'cameras: [door]', /cameras\[0\] is not a map/],
    [
      'an address that is none',
      'cameras: [{ name: door, url: http://joe:hunter2@a/ }]',
      /url is http:\/\/…@a\/: not an address\. .*rtsp:/,
      false,
    ],
    [
      'a name for no stream',
      'cameras: [{ name: the door, url: rtsp://a/ }]',
      /the door.*stream:/,
      false,
    ],
    [
      'a property that there is not',
      one('properties: { storage-sice: 1 }'),
      /storage-sice .*storage-size/,
    ],
    ['the stream as a property', one('properties: { stream-name: x }'), /stream-name is not known/],
    [
      'a property of another type',
      one('properties: { storage-size: big }'),
      /storage-size is "big"/,
    ],
    ['one out of its range', one('properties: { retention-period: -1 }'), /is -1\. .*0 to 87600/],
    ['no YAML', 'cameras: [', /cameras\.yaml:1: no YAML/],
  ];
  for (const [what, text, message, schemaKnows = true] of refused) {
    it(`is refused with ${what}: the line, the field, the value, what to do`, (t) => {
      assert.throws(read(t, text).read, (error) => {
        assert.ok(error instanceof KvsError);
        assert.match(error.message, message);
        assert.doesNotMatch(error.describe(), /hunter2/);
        return true;
      });
      if (!schemaKnows || what === 'no YAML') return;
      assert.ok(!validate(parse(text)), 'its schema takes it');
    });
  }

  it('is refused with all that is wrong at once', (t) => {
    const text = `
cameras:
  - { name: a, url: rtsp://a/, latency: x }
  - { name: b, url: rtsp://b/, audio: 1 }
  - { name: a, stream: b, url: rtsp://c/ }
`;
    assert.throws(read(t, text).read, (error) => {
      assert.ok(error instanceof KvsError);
      const lines = error.message.split('\n').map((line) => line.replace(/^.*cameras\.yaml/, ''));
      assert.match(lines[0] ?? '', /^:3: cameras\[0\]\.latency/);
      assert.match(lines[1] ?? '', /^:4: cameras\[1\]\.audio/);
      assert.match(lines[2] ?? '', /^:5: cameras\[2\]\.name is a, as that of cameras\[0\]/);
      assert.match(lines[3] ?? '', /^:5: cameras\[2\]\.stream is b, as that of cameras\[1\]/);
      assert.equal(lines.length, 4);
      return true;
    });
  });
});

it('is read as the example that the package ships and the page shows', (t) => {
  const example = readFileSync(join(packageRoot, 'examples', 'cameras', 'cameras.yaml'), 'utf8');
  const page = readFileSync(join(packageRoot, 'docs', '2-use', 'rtsp.md'), 'utf8');
  assert.ok(page.includes(`\`\`\`yaml\n${example}\`\`\``), 'the page shows another one');
  assert.ok(validate(parse(example)), JSON.stringify(validate.errors));
  const { cameras } = read(t, example, {
    env: { YARD_PASSWORD: 'open' },
    beside: { 'camera.password': 'sesame' },
  }).read();
  assert.deepEqual(
    cameras.map(({ name, streamName, password, transport, audio }) =>
      [name, streamName, password, transport, audio].join(' '),
    ),
    [
      'door door sesame tcp false',
      'yard back-yard open tcp true',
      'garage garage sesame udp false',
    ],
  );
});

describe('secrets of cameras', () => {
  const camera = (more: string) =>
    `cameras:\n  - name: door\n    url: rtsp://a/\n    user: joe\n    ${more}\n`;

  for (const [what, more, beside, message] of [
    ['a variable that is not set', 'password-env: hunter2', {}, /:5: .*variable that is not set/],
    ['a file that is not there', 'password-file: hunter2', {}, /:5: .*cannot be read: ENOENT/],
    ['an empty file', 'password-file: p', { p: '\n' }, /is empty/],
    ['a file of two lines', 'password-file: p', { p: 'hunter2\nx' }, /has several lines/],
    [
      'two places',
      'password-file: p\n    password-env: HOME',
      { p: 'x' },
      /:5: .*beside password-env/,
    ],
  ] as const) {
    it(`are refused with ${what}, and not shown`, (t) => {
      assert.throws(read(t, camera(more), { beside }).read, (error) => {
        assert.ok(error instanceof KvsError);
        assert.match(error.message, message);
        assert.doesNotMatch(error.describe(), /hunter2/);
        return true;
      });
    });
  }

  it('need a user', (t) => {
    const text = 'cameras: [{ name: door, url: rtsp://a/, password-env: P }]';
    assert.throws(read(t, text, { env: { P: 'x' } }).read, /has a password and no user/);
  });

  it('that every user of the machine can read are warned of, once', (t) => {
    const text = `
defaults: { password-file: p, user: joe }
cameras:
  - { name: a, url: rtsp://a/ }
  - { name: b, url: rtsp://b/ }
`;
    const { folder, file, read: again } = read(t, text, { beside: { p: 'x' } });
    chmodSync(join(folder, 'p'), 0o644);
    chmodSync(file, 0o644);
    const [warning = '', ...others] = again().warnings;
    assert.deepEqual(others, [], 'the file itself holds none');
    assert.ok(warning.startsWith(`${join(folder, 'p')} holds a secret`), warning);
    writeFileSync(file, 'cameras: [{ name: a, url: "rtsp://joe:hunter2@a/" }]');
    assert.match(again().warnings.join(), /cameras\.yaml holds a secret.*chmod o= /);
    chmodSync(file, 0o640);
    assert.deepEqual(again().warnings, []);
  });
});
