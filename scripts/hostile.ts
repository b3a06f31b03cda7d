// Sends the local service mutated requests by each way in, and fails when one is answered with an
// error of the service's own, or not at all, when the service ends, or when its memory grows.
//   node dist/scripts/hostile.js [--path media] [--cases 100000] [--seed n] [--first 0]
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { sendHostile } from '../test/local/hostile/hostile-run.ts';
import { PATHS } from '../test/local/hostile/paths.ts';
import { openWorld } from '../test/local/hostile/world.ts';

/** Beside 8 MiB of media, which the service may hold. */
const MAX_GROWTH_BYTES = 32 * 1024 * 1024;

const { values } = parseArgs({
  options: {
    path: { type: 'string', multiple: true },
    cases: { type: 'string', default: '100000' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    /** Case to begin with, to see one again: with --cases 1. */
    first: { type: 'string', default: '0' },
  },
});
const seed = Number(values.seed);
process.stdout.write(`seed ${seed}\n`);
const folder = mkdtempSync(join(tmpdir(), 'kvs-hostile-'));
const world = await openWorld(folder);
try {
  for (const path of values.path ?? PATHS.keys()) {
    const beganMs = performance.now();
    const [cases, first] = [Number(values.cases), Number(values.first)];
    const { statuses, failures, grownBytes } = await sendHostile(world, {
      path,
      seed,
      first,
      cases,
    });
    const answers = [...statuses].sort(([a], [b]) => a - b).map(([status, n]) => `${status}: ${n}`);
    const took = `${Math.round((performance.now() - beganMs) / 1000)} s`;
    const grown = `${(grownBytes / 1024 / 1024).toFixed(1)} MiB`;
    process.stdout.write(`${path}: ${answers.join(', ')}; ${took}; grew by ${grown}\n`);
    for (const failure of failures) process.stdout.write(`  ${failure}\n`);
    if (failures.length > 0 || grownBytes > MAX_GROWTH_BYTES) process.exitCode = 1;
  }
} finally {
  await world.service.close();
  rmSync(folder, { recursive: true, force: true });
}
