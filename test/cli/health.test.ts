import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { health } from '../../src/cli/health/health.ts';
import { machineMonotonicMs } from '../../src/host/health/health-record.ts';

describe('kvs-launch health', () => {
  let folder = '';
  let file = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'health-'));
    file = join(folder, 'health.json');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** Exit code and line of the command; what is wrong with the settings is on standard error. */
  async function told(env: Record<string, string>): Promise<[number, string]> {
    let text = '';
    const stream = (mark: string) => ({ write: (part: string) => (text += mark + part) });
    const code = await health(env, { stdout: stream(''), stderr: stream('! ') });
    return [code, text];
  }

  function streamed(secondsAgo: number): void {
    const ackedMs = machineMonotonicMs() - secondsAgo * 1000;
    const streams = { door: { ackedMs, frameMs: ackedMs } };
    writeFileSync(file, JSON.stringify({ ackedMs, streams }));
  }

  it('is 0 while acks come, and 1 when the last one is a minute old', async () => {
    streamed(5);
    assert.deepEqual(await told({ KVS_HEALTH_FILE: file }), [0, 'Acknowledged: door.\n']);
    streamed(61);
    const [code, text] = await told({ KVS_HEALTH_FILE: file });
    assert.equal(code, 1);
    assert.match(text, /^door: .*\b\d+ s\.\n$/);
  });

  it('is 1 before anything was streamed', async () => {
    const line = 'No kvssink has been opened yet.\n';
    assert.deepEqual(await told({ KVS_HEALTH_FILE: file }), [1, line]);
  });

  it('takes another limit from the environment', async () => {
    streamed(100);
    const limited = (seconds: string) =>
      told({ KVS_HEALTH_FILE: file, KVS_HEALTH_SECONDS: seconds });
    assert.equal((await limited('120'))[0], 0);
    assert.equal((await limited('0'))[0], 0);
    streamed(5);
    const line = '! KVS_HEALTH_SECONDS is often: not a number.\n';
    assert.deepEqual(await limited('often'), [1, line]);
  });

  it('is 1 when nobody said where to look', async () => {
    const [code, text] = await told({});
    assert.equal(code, 1);
    assert.match(text, /^! KVS_HEALTH_FILE is not set/);
  });

  it('asks the local service whether it answers', async () => {
    const server: Server = createServer((_request, response) => response.end('here'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    writeFileSync(file, JSON.stringify({ serviceUrl: `http://127.0.0.1:${port}/`, streams: {} }));
    assert.equal((await told({ KVS_HEALTH_FILE: file }))[0], 0);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    const [code, text] = await told({ KVS_HEALTH_FILE: file });
    assert.equal(code, 1);
    assert.match(text, /does not answer at http:.*ECONNREFUSED/);
  });
});
