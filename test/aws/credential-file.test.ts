import assert from 'node:assert/strict';
import { mkdtempSync, renameSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { createCredentialProvider } from '../../src/aws/credentials/create.ts';
import { parseCredentialFile } from '../../src/aws/credentials/file.ts';
import { createAgents } from '../../src/aws/network/agents.ts';
import { KvsError } from '../../src/errors/kvs-error.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { silentLogger } from '../../src/runtime/logger.ts';
import { rejection } from './support.ts';

const folder = mkdtempSync(join(tmpdir(), 'kvs-file-'));
// The provider's own timers keep no process alive.
const keepAlive = setInterval(() => {}, 1_000);
after(() => {
  clearInterval(keepAlive);
  rmSync(folder, { recursive: true, force: true });
});

const NOW = Date.parse('2026-11-21T12:00:00Z');
function parse(text: string) {
  return parseCredentialFile(text, '/etc/kvs/credential', NOW);
}

test('the static form has two keys', () => {
  assert.deepEqual(parse('CREDENTIALS AKID\tSECRET\n'), {
    accessKeyId: 'AKID',
    secretAccessKey: 'SECRET',
  });
});

test('the rotating form has the expiration in the middle', () => {
  assert.deepEqual(parse('CREDENTIALS AKID 2026-11-21T13:00:00Z SECRET TOKEN extra'), {
    accessKeyId: 'AKID',
    secretAccessKey: 'SECRET',
    sessionToken: 'TOKEN',
    expiration: new Date('2026-11-21T13:00:00Z'),
  });
});

const DEFECTS = [
  ['', 'STATUS_FILE_CREDENTIAL_PROVIDER_INVALID_FILE_LENGTH'],
  [`CREDENTIALS A ${'x'.repeat(10_000)}`, 'STATUS_FILE_CREDENTIAL_PROVIDER_INVALID_FILE_LENGTH'],
  ['credentials AKID SECRET', 'STATUS_FILE_CREDENTIAL_PROVIDER_INVALID_FILE_FORMAT'],
  ['CREDENTIALS AKID', 'STATUS_FILE_CREDENTIAL_PROVIDER_INVALID_FILE_FORMAT'],
  ['CREDENTIALS AKID SECRET TOKEN', 'STATUS_TIMESTAMP_STRING_UNRECOGNIZED_FORMAT'],
  [
    'CREDENTIALS AKID 2026-02-30T00:00:00Z SECRET TOKEN',
    'STATUS_TIMESTAMP_STRING_UNRECOGNIZED_FORMAT',
  ],
  [
    'CREDENTIALS AKID 2026-11-21T13:00:00Z SECRET',
    'STATUS_FILE_CREDENTIAL_PROVIDER_INVALID_FILE_FORMAT',
  ],
  ['CREDENTIALS AKID 2026-11-21T11:59:59Z SECRET TOKEN', 'STATUS_IOT_EXPIRATION_OCCURS_IN_PAST'],
  [`CREDENTIALS ${'A'.repeat(129)} SECRET`, 'STATUS_FILE_CREDENTIAL_PROVIDER_INVALID_FILE_FORMAT'],
  [
    `CREDENTIALS AKID 2026-11-21T13:00:00Z SECRET ${'T'.repeat(2049)}`,
    'STATUS_FILE_CREDENTIAL_PROVIDER_INVALID_FILE_FORMAT',
  ],
] as const;

for (const [text, code] of DEFECTS) {
  test(`"${text.slice(0, 50)}" is ${code}, without a word of it in the message`, () => {
    assert.throws(
      () => parse(text),
      (error: unknown) => {
        assert.ok(error instanceof KvsError);
        assert.equal(error.code, code);
        assert.match(error.message, /credential-path \/etc\/kvs\/credential/);
        assert.doesNotMatch(error.describe().replace(/accessKey secretKey.*/, ''), /SECRET|TOKEN/);
        return true;
      },
    );
  });
}

function providerFor(path: string) {
  return createCredentialProvider({
    credentialPath: path,
    region: 'us-west-2',
    env: {},
    agents: createAgents({ env: {}, log: silentLogger }),
    clock: systemClock,
    random: Math.random,
    log: silentLogger,
  });
}

test('whether they have expired is left to the service until it has given the time', () => {
  const text = 'CREDENTIALS AKID 2026-11-21T11:59:59Z SECRET TOKEN';
  const { expiration } = parseCredentialFile(text, '/etc/kvs/credential', undefined);
  assert.equal(expiration?.toISOString(), '2026-11-21T11:59:59.000Z');
});

test('a file that has changed is read again, at once', async () => {
  const path = join(folder, 'changes');
  writeFileSync(path, 'CREDENTIALS ONE SECRET');
  const provider = providerFor(path);
  assert.equal(provider.name, `file:${path}`);
  assert.equal((await provider.get()).accessKeyId, 'ONE');
  const next = join(folder, 'next');
  writeFileSync(next, 'CREDENTIALS TWO SECRET');
  renameSync(next, path);
  assert.equal((await provider.get()).accessKeyId, 'TWO');
  provider.close?.();
});

test('a half-written file is read again, and the old credentials serve meanwhile', async () => {
  const path = join(folder, 'half');
  writeFileSync(path, 'CREDENTIALS ONE SECRET');
  const provider = providerFor(path);
  await provider.get();
  writeFileSync(path, 'CREDENT');
  utimesSync(path, 1, 1);
  assert.equal((await provider.get()).accessKeyId, 'ONE');
  writeFileSync(path, 'CREDENTIALS TWO SECRET');
  assert.equal((await provider.get()).accessKeyId, 'TWO');
  provider.close?.();
});

test('a file that is being written at the first look is waited for', async () => {
  const path = join(folder, 'late');
  writeFileSync(path, 'CREDENTIALS ON');
  const provider = providerFor(path);
  const first = provider.get();
  setTimeout(() => writeFileSync(path, 'CREDENTIALS ONE SECRET'), 50);
  assert.equal((await first).accessKeyId, 'ONE');
  provider.close?.();
});

test('a file that was named but is not there is an error that names it, and may come later', async () => {
  const path = join(folder, 'missing');
  const provider = providerFor(path);
  const error = await rejection(provider.get());
  assert.equal(error.code, 'STATUS_FILE_CREDENTIAL_PROVIDER_OPEN_FILE_FAILED');
  assert.ok(error.message.includes(path));
  writeFileSync(path, 'CREDENTIALS ONE SECRET');
  assert.equal((await provider.get()).accessKeyId, 'ONE');
  provider.close?.();
});

for (const path of ['/dev/zero', '/dev/fd', '/proc/self/fd']) {
  test(`${path} is no credential file, and is not read`, async () => {
    const provider = providerFor(path);
    const error = await rejection(provider.get());
    provider.close?.();
    assert.equal(error.code, 'STATUS_FILE_CREDENTIAL_PROVIDER_OPEN_FILE_FAILED');
    assert.ok(error.message.includes(`${path} cannot be read: it is not a file`), error.message);
  });
}

test('a file of gigabytes is refused by its length, and is not read', async () => {
  const path = join(folder, 'huge');
  writeFileSync(path, 'CREDENTIALS ONE SECRET');
  truncateSync(path, 8 * 1024 ** 3);
  const provider = providerFor(path);
  const error = await rejection(provider.get());
  provider.close?.();
  rmSync(path);
  assert.match(error.message, /is 8589934592 bytes long/);
});
