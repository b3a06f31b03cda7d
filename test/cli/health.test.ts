import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { health } from '../../src/cli/health.ts';
import { machineMonotonicMs } from '../../src/host/health-record.ts';

describe('kvs-launch health', () => {
  let folder = '';
  let file = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'health-'));
    file = join(folder, 'health.json');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function streamed(secondsAgo: number): void {
    const ackedMs = machineMonotonicMs() - secondsAgo * 1000;
    const streams = { door: { ackedMs, frameMs: ackedMs } };
    writeFileSync(file, JSON.stringify({ ackedMs, streams }));
  }

  it('is 0 while acks come, and 1 when the last one is a minute old', async () => {
    streamed(5);
    assert.equal(await health({ KVS_HEALTH_FILE: file }), 0);
    streamed(61);
    assert.equal(await health({ KVS_HEALTH_FILE: file }), 1);
  });

  it('is 1 before anything was streamed', async () => {
    assert.equal(await health({ KVS_HEALTH_FILE: file }), 1);
  });

  it('takes another limit from the environment', async () => {
    streamed(100);
    assert.equal(await health({ KVS_HEALTH_FILE: file, KVS_HEALTH_SECONDS: '120' }), 0);
    assert.equal(await health({ KVS_HEALTH_FILE: file, KVS_HEALTH_SECONDS: '0' }), 0);
    streamed(5);
    assert.equal(await health({ KVS_HEALTH_FILE: file, KVS_HEALTH_SECONDS: 'often' }), 1);
  });

  it('is 1 when nobody said where to look', async () => {
    assert.equal(await health({}), 1);
  });

  it('asks the local service whether it answers', async () => {
    const server: Server = createServer((_request, response) => response.end('here'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    writeFileSync(file, JSON.stringify({ serviceUrl: `http://127.0.0.1:${port}/`, streams: {} }));
    assert.equal(await health({ KVS_HEALTH_FILE: file }), 0);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    assert.equal(await health({ KVS_HEALTH_FILE: file }), 1);
  });
});
