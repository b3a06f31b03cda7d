import assert from 'node:assert/strict';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../../src/runtime/clock.ts';
import { silentLogger } from '../../../src/runtime/logger.ts';
import { Spool } from '../../../src/spool/spool.ts';
import { freePort } from '../../e2e/support/free-port.ts';
import { pipelineEnvironment } from '../../e2e/support/run.ts';
import { readWhole, settings } from '../../spool/support.ts';
import { EARLIER_FRAMES, earlierLine, Pipeline } from './pipeline.ts';

/** What an earlier run of the stream has left, since the service was away. */
type Backlog = { readonly spool: string; readonly reference: string };

let backlog: Promise<Backlog> | undefined;

/** Nobody is to be spared when a spool is only looked at. */
const READ_PER_SECOND = 10_000;

/** Makes the backlog; once, whoever asks. Its files are gone with this process. */
async function make(): Promise<Backlog> {
  const folder = mkdtempSync(join(tmpdir(), 'kvs-backlog-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const spool = join(folder, 'spool');
  const reference = join(folder, 'earlier.mkv');
  mkdirSync(spool);
  const env = pipelineEnvironment(`http://localhost:${await freePort()}`);
  const pipeline = new Pipeline([], earlierLine(spool, reference), env);
  assert.equal(await pipeline.finished, 0, pipeline.output);
  assert.match(
    pipeline.output,
    new RegExp(`${EARLIER_FRAMES} frames in .* are waiting in the spool`),
  );
  return { spool, reference };
}

/** Puts a copy of the backlog where a run has its spool. @returns the file with its frames */
export async function copyBacklog(to: string): Promise<string> {
  backlog ??= make();
  const { spool, reference } = await backlog;
  cpSync(spool, to, { recursive: true });
  return reference;
}

/** Whether anything is left to be sent of what the run began with or put there. */
export function hasBacklog(spool: string): boolean {
  const names = existsSync(spool) ? readdirSync(spool, { recursive: true, encoding: 'utf8' }) : [];
  return names.some((name) => name.endsWith('.segment'));
}

/** Writes each fragment that waits in a spool to a file of its own. @returns their paths */
export async function spooledFragments(directory: string, folder: string): Promise<string[]> {
  if (!hasBacklog(directory)) return [];
  const nothing = (): void => {};
  const spool = new Spool(settings(directory), {
    clock: systemClock,
    log: silentLogger,
    fragmentsPerSecond: READ_PER_SECOND,
    events: { dropped: nothing, warned: nothing, left: nothing, changed: nothing },
  });
  await spool.open();
  const paths: string[] = [];
  const { oldest, newest } = spool;
  for (let index = oldest?.index ?? 0; index <= (newest?.index ?? -1); index += 1) {
    const fragment = spool.get(index);
    if (fragment === undefined) continue;
    const body = (await readWhole(spool, fragment)) ?? assert.fail('a fragment is damaged');
    const path = join(folder, `spooled-${paths.length}.mkv`);
    writeFileSync(path, Buffer.concat([fragment.format.headerBytes, body]));
    paths.push(path);
  }
  await spool.close();
  return paths;
}
