import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { median, printTable, short } from './lib/statistics.ts';

/** What one process printed. */
type Cost = { sinceStartMs: number; rssMiB: number; pssMiB: number };

/** In the order of the steps in lib/aws-parts.ts. */
const STEPS = [
  'Node with this module',
  'static keys, region, endpoint',
  '+ PutMedia’s signature',
  '+ TLS trust (system and bundled CAs)',
  '+ first control call',
  '+ a profile (@aws-sdk/credential-providers)',
] as const;

/** Start-up time and memory of the parts that stand between the core and AWS, each on top of the last. */
export function aws(rounds: number): void {
  const script = fileURLToPath(new URL('./lib/aws-parts.js', import.meta.url));
  const rows = STEPS.map((name, step) => {
    const runs = Array.from({ length: Math.max(5, rounds) }, (): Cost => {
      const { stdout, status, stderr } = spawnSync(process.execPath, [script, String(step)], {
        encoding: 'utf8',
      });
      if (status !== 0) throw new Error(`step ${step} ended with ${status}: ${stderr}`);
      return JSON.parse(stdout) as Cost;
    });
    const of = (key: keyof Cost): string => short(median(runs.map((run) => run[key])));
    return [name, of('sinceStartMs'), of('rssMiB'), of('pssMiB')];
  });
  printTable(['AWS, each line on top of the last', 'since start ms', 'RSS MiB', 'PSS MiB'], rows);
}
