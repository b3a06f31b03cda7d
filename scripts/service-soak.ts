// The local service under load, as a process of its own. Each part prints what it measured, and
// fails when what is promised does not hold.
//   node dist/scripts/service-soak.js producers [--minutes 5] [--producers 20] [--viewers 5]
//     no ack later than a second, every fragment stored, no viewer stalls, memory does not grow
//   node dist/scripts/service-soak.js kills [--kills 50] [--fragments 0,20000,300000]
//     kill -9: nothing that was PERSISTED is missing, and each start takes less than a second
//   node dist/scripts/service-soak.js reading [--rounds 3] [--stored 600] [--bits 4000000] [--clients 4]
//     memory does not grow from round to round; a restart takes less than 100 MiB
//   node dist/scripts/service-soak.js page [--minutes 30]
//     the page's live view: no stall, never a second behind, memory of page and service does not grow
// With --data, the folders are made below that one instead of the temporary folder.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { soakKills } from './service-soak/kills.ts';
import { soakPage } from './service-soak/page.ts';
import { soakProducers } from './service-soak/producers.ts';
import { soakReading } from './service-soak/reading.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    minutes: { type: 'string' },
    producers: { type: 'string', default: '20' },
    viewers: { type: 'string', default: '5' },
    kills: { type: 'string', default: '50' },
    fragments: { type: 'string', default: '0,20000,300000' },
    rounds: { type: 'string', default: '3' },
    stored: { type: 'string', default: '600' },
    bits: { type: 'string', default: '4000000' },
    clients: { type: 'string', default: '4' },
    data: { type: 'string', default: tmpdir() },
  },
});

const PARTS: Readonly<Record<string, () => Promise<string[]>>> = {
  producers: () =>
    inFolder((folder) =>
      soakProducers(folder, {
        minutes: Number(values.minutes ?? 5),
        producers: Number(values.producers),
        viewers: Number(values.viewers),
      }),
    ),
  kills: async () => {
    const problems: string[] = [];
    for (const fragments of values.fragments.split(',').map(Number)) {
      const options = { kills: Number(values.kills), fragments };
      problems.push(...(await inFolder((folder) => soakKills(folder, options))));
    }
    return problems;
  },
  reading: () =>
    inFolder((folder) =>
      soakReading(folder, {
        rounds: Number(values.rounds),
        fragments: Number(values.stored),
        bitsPerSecond: Number(values.bits),
        clients: Number(values.clients),
      }),
    ),
  page: () => inFolder((folder) => soakPage(folder, { minutes: Number(values.minutes ?? 30) })),
};

/** Runs a part in a folder of its own. */
async function inFolder(run: (folder: string) => Promise<string[]>): Promise<string[]> {
  const folder = mkdtempSync(join(values.data, 'kvs-service-soak-'));
  try {
    return await run(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const [name = ''] = positionals;
const part = PARTS[name];
if (part === undefined) throw new Error(`${name} is none of ${Object.keys(PARTS).join(', ')}`);
const problems = await part();
for (const problem of problems.slice(0, 20)) console.error(problem);
console.log(problems.length === 0 ? `${name}: all as promised` : `${name}: FAILED`);
process.exitCode = problems.length === 0 ? 0 : 1;
