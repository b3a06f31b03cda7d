import { readFileSync, realpathSync } from 'node:fs';

/**
 * Where the file system of a path is mounted, if it is mounted `noexec`: the kernel then maps no code
 * from it. What loaders say of that (`failed to map segment from shared object`) they say of more.
 * @param table of mounts, as /proc/self/mountinfo has it.
 */
export function noexecMount(path: string, table: string = mountTable()): string | undefined {
  const real = realPath(path);
  let nearest = { point: '', isNoexec: false };
  for (const line of table.split('\n')) {
    const [, , , , escaped = '', options = ''] = line.split(' ');
    const point = unescaped(escaped);
    // The last of those at one place covers the others.
    if (!isBelow(real, point) || point.length < nearest.point.length) continue;
    nearest = { point, isNoexec: options.split(',').includes('noexec') };
  }
  return nearest.isNoexec ? nearest.point : undefined;
}

/** What to do where a compiled part does not load because of that; undefined where it is not that. */
export function noexecAdvice(path: string, table?: string): string | undefined {
  const point = noexecMount(path, table);
  if (point === undefined) return undefined;
  return (
    `${path} is on ${point}, which is mounted noexec: nothing compiled can be loaded from there. ` +
    'Install kvs-launch in a folder of another file system, or mount this one without noexec; ' +
    'GStreamer may then have to forget what it could not load, which kvs-launch doctor tells'
  );
}

function isBelow(path: string, point: string): boolean {
  if (point === '') return false;
  return path === point || path.startsWith(point.endsWith('/') ? point : `${point}/`);
}

/** Spaces and the like are octal numbers in the table. */
function unescaped(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/** Empty on systems that have none. */
function mountTable(): string {
  try {
    return readFileSync('/proc/self/mountinfo', 'utf8');
  } catch {
    return '';
  }
}
