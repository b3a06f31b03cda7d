// A local service for scripts that try things out, and what it has stored.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { root } from './run.mjs';

/** The compiled code: build first. */
function load(path) {
  return import(join(root, 'dist', 'src', path));
}

/**
 * Starts a local service on a free port.
 * `env` points a producer at it, `frames(stream)` gives the epoch ms of each stored frame.
 */
export async function startService() {
  const { startLocalService } = await load('local/service.js');
  const { LOCAL_ACCESS_KEY_ID, LOCAL_SECRET_ACCESS_KEY } = await load(
    'local/sigv4/credential-store.js',
  );
  const dataDir = mkdtempSync(join(tmpdir(), 'kvs-launch-service-'));
  const service = await startLocalService({ dataDir });
  return {
    env: {
      CONTROL_PLANE_URI: service.url,
      AWS_ACCESS_KEY_ID: LOCAL_ACCESS_KEY_ID,
      AWS_SECRET_ACCESS_KEY: LOCAL_SECRET_ACCESS_KEY,
      AWS_DEFAULT_REGION: 'us-west-2',
    },
    frames: (stream) => framesBelow(join(dataDir, 'streams', stream)),
    stop: async () => {
      await service.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/**
 * Epoch ms of the frames in all fragments below a folder: a part's index says where in its media
 * each begins (docs/4-local-service/local-service.md).
 */
export async function framesBelow(folder) {
  const { MatroskaReader } = await load('matroska/reader.js');
  const times = [];
  for (const fragment of fragmentsBelow(folder)) {
    let clusterTime = 0;
    const reader = new MatroskaReader({
      clusterStart: (timecode) => {
        clusterTime = Number(timecode);
      },
      block: (block) => times.push(clusterTime + block.relativeTimecode),
    });
    reader.push(fragment);
    reader.end();
  }
  return times;
}

function fragmentsBelow(folder) {
  const found = new Map();
  if (!existsSync(folder)) return [];
  for (const name of readdirSync(folder, { recursive: true })) {
    if (!/\d{4}-\d\d-\d\d\/[^/]*\.ndjson$/.test(name) || name.endsWith('/summary.ndjson')) continue;
    const part = join(folder, name.slice(0, -'.ndjson'.length));
    const media = readFileSync(`${part}.mkv`);
    // The last line may still be being written.
    for (const line of readFileSync(`${part}.ndjson`, 'utf8').split('\n').slice(0, -1)) {
      const { at, add, remove } = JSON.parse(line);
      for (const number of add?.replaced ?? [remove]) found.delete(number);
      if (add !== undefined) found.set(add.number, media.subarray(at, at + add.bytes));
    }
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, bytes]) => bytes);
}

/** Waits until `check` gives something, and gives that; fails with `what` when it takes too long. */
export async function until(what, check, timeoutMs = 60_000) {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const value = await check();
    if (value) return value;
    if (Date.now() > deadline) throw new Error(`Waited ${timeoutMs / 1000} s in vain for ${what}.`);
    await sleep(200);
  }
}
