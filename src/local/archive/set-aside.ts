import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';

/** What was set aside stays this long, for someone to look at it. */
const KEEP_DAYS = 7;
const DAY_MS = 24 * 3_600_000;
const COPY_BYTES = 1024 * 1024;

/**
 * Moves a file that no index knows out of the way: into `<folder>/set-aside/<day>/`. An index may
 * have been lost, and the media with it is all there is.
 * @param path in the folder or below it.
 */
export async function setAside(folder: string, path: string, nowMs: number): Promise<void> {
  await rename(path, join(await asideOf(folder, nowMs), basename(path)));
}

/** Copies the end of a file there, from `offset` on, and cuts it off. */
export async function setTailAside(
  folder: string,
  path: string,
  offset: number,
  nowMs: number,
): Promise<void> {
  const name = `${basename(path, '.mkv')}-from-${offset}.mkv`;
  const source = await open(path, constants.O_RDWR);
  try {
    const target = await open(join(await asideOf(folder, nowMs), name), 'w', 0o600);
    try {
      await copyFrom(source, offset, target);
      await target.sync();
    } finally {
      await target.close();
    }
    await source.truncate(offset);
  } finally {
    await source.close();
  }
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

async function asideOf(folder: string, nowMs: number): Promise<string> {
  const aside = join(folder, 'set-aside', new Date(nowMs).toISOString().slice(0, 10));
  await mkdir(aside, { recursive: true, mode: 0o700 });
  return aside;
}

async function copyFrom(source: FileHandle, offset: number, target: FileHandle): Promise<void> {
  const buffer = Buffer.alloc(COPY_BYTES);
  for (let at = offset; ; ) {
    const { bytesRead } = await source.read(buffer, 0, buffer.length, at);
    if (bytesRead === 0) return;
    await target.write(buffer, 0, bytesRead);
    at += bytesRead;
  }
}
