import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runLocal } from '../../src/local/run.ts';
import {
  LOCAL_ACCESS_KEY_ID,
  LOCAL_SECRET_ACCESS_KEY,
} from '../../src/local/sigv4/credential-store.ts';
import { call, createStream } from './support/client.ts';
import { putDocument } from './support/put-media.ts';
import { temporaryFolder } from './support/service.ts';

test('prints the addresses, the keys and what points a producer at it, and no secret of the shell', async (t) => {
  let printed = '';
  const env = {
    AWS_ACCESS_KEY_ID: 'AKIDSHELL',
    AWS_SECRET_ACCESS_KEY: 'secret-of-the-shell',
    AWS_SESSION_TOKEN: 'token-of-the-shell',
  };
  const service = await runLocal({
    dataDir: temporaryFolder(t),
    tlsPort: 0,
    env,
    print: (text) => {
      printed += text;
    },
  });
  t.after(() => service.close());
  for (const part of [
    `watch     ${service.url}/`,
    service.tlsUrl ?? 'no TLS',
    service.caFile ?? 'no CA',
    service.dataDir,
    `export CONTROL_PLANE_URI=${service.url}\n`,
    `export AWS_ACCESS_KEY_ID=${LOCAL_ACCESS_KEY_ID}\n`,
    `export AWS_SECRET_ACCESS_KEY=${LOCAL_SECRET_ACCESS_KEY}\n`,
    'AKIDSHELL',
  ]) {
    assert.ok(printed.includes(part), `${part} in ${printed}`);
  }
  assert.doesNotMatch(printed, /of-the-shell/);

  const shell = {
    accessKeyId: 'AKIDSHELL',
    secretAccessKey: 'secret-of-the-shell',
    sessionToken: 'token-of-the-shell',
  };
  assert.equal((await call(service.url, '/listStreams', {}, shell)).status, 200);
});

test('prints what happens, a line each, whatever clients send', async (t) => {
  const lines: string[] = [];
  const service = await runLocal({
    dataDir: temporaryFolder(t),
    env: {},
    print: (text) => lines.push(text),
  });
  t.after(() => service.close());
  await createStream(service.url, 'demo');
  await putDocument(service.url, 'demo', Buffer.from('nonsense'));
  await call(service.url, '/describeStream', { StreamName: 'a\u001b[31m\nb' });
  const happened = lines.slice(1).join('');
  assert.match(happened, /^\d\d:\d\d:\d\d PutMedia began \[stream:demo session:[0-9a-f]{8}\]\n/);
  assert.match(happened, /WARN PutMedia failed: INVALID_MKV_DATA/);
  assert.match(happened, /refused: InvalidArgumentException: .*'a \[31m b'/);
});
