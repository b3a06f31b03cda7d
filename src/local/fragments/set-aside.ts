import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** What was set aside stays this long, for someone to look at it. */
const KEEP_DAYS = 7;
const DAY_MS = 24 * 3_600_000;

/**
 * Moves files that the index does not know, or knows otherwise, out of the way: into
 * `<folder>/set-aside/<day>/`. An index may have been lost, and the media with it is all there is.
 */
export async function setAside(
  folder: string,
  files: readonly string[],
  nowMs: number,
): Promise<void> {
  if (files.length === 0) return;
  const day = new Date(nowMs).toISOString().slice(0, 10);
  const aside = join(folder, 'set-aside', day);
  await mkdir(aside, { recursive: true, mode: 0o700 });
  for (const file of files) await rename(join(folder, file), join(aside, file));
}

/** Removes what was set aside more than a week ago. */
export async function forgetSetAside(folder: string, nowMs: number): Promise<void> {
  const aside = join(folder, 'set-aside');
  const days = await readdir(aside).catch(() => []);
  for (const day of days) {
    const setAsideMs = Date.parse(day);
    if (nowMs - setAsideMs > (KEEP_DAYS + 1) * DAY_MS) {
      await rm(join(aside, day), { recursive: true, force: true });
    }
  }
}
