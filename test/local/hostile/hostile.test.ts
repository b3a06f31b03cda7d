import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { sendHostile } from './hostile-run.ts';
import { PATHS } from './paths.ts';
import { type HostileWorld, openWorld } from './world.ts';

const CASES = 100;
const SEED = 16;

let world: HostileWorld;
const folder = mkdtempSync(join(tmpdir(), 'kvs-hostile-'));
before(async () => {
  world = await openWorld(folder);
});
after(async () => {
  await world.service.close();
  rmSync(folder, { recursive: true, force: true });
});

// Longer, and with other seeds: node dist/scripts/hostile.js
for (const path of PATHS.keys()) {
  test(`hostile ${path} are refused or answered, never by an error of the service’s own`, async () => {
    const { statuses, failures } = await sendHostile(world, { path, seed: SEED, cases: CASES });
    assert.deepEqual(failures, []);
    assert.equal(
      [...statuses.values()].reduce((sum, count) => sum + count, 0),
      CASES,
    );
  });
}
