import { existsSync, lstatSync, mkdirSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { runWithCodeCache } from './code-cache.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const WRITABLE_BY_OTHERS = 0o022;
const STICKY = 0o1000;

/**
 * Lets Node 22 and later keep what it has compiled, which saves a part of each start; to be called
 * before the rest is loaded. What lies there is run: Node's own choice, below TMPDIR, may have been
 * made by anybody. Without a folder that only this user may write, nothing is kept.
 * NODE_DISABLE_COMPILE_CACHE=1 turns it off, and NODE_COMPILE_CACHE names another folder.
 */
export function keepCompiledCode(env: Environment, folder = compileCacheFolder(env)): void {
  if (folder === undefined || env['NODE_COMPILE_CACHE'] || isNode20()) return;
  const { enableCompileCache } = process.getBuiltinModule('node:module') as {
    enableCompileCache?: (folder: string) => unknown;
  };
  enableCompileCache?.(folder);
}

/**
 * Runs a CommonJS file of ours, with the code that was compiled at an earlier start where there is
 * any. Node 20 keeps none by itself, and what Node 22 and later keep of a large file takes a start
 * 20 ms more: so we do, in the same folder, by the same variables. What packages are loaded later,
 * Node keeps where it can.
 * @param path absolute
 */
export function runCompiled(path: string, env: Environment): void {
  const folder = env['NODE_DISABLE_COMPILE_CACHE'] ? undefined : codeFolder(env);
  if (folder === undefined) {
    createRequire(path)(path);
    return;
  }
  runWithCodeCache(path, folder);
  keepCompiledCode(env, folder);
}

/** Which keeps no code: the module that would say so takes a start half a millisecond. */
function isNode20(): boolean {
  return process.versions.node.startsWith('20.');
}

function codeFolder(env: Environment): string | undefined {
  return env['NODE_COMPILE_CACHE'] || compileCacheFolder(env);
}

/**
 * The folder for compiled code, made if need be: in the cache folder of a systemd unit
 * (`CacheDirectory=`) or of this user.
 * @returns undefined where somebody else might write in it, or nobody can.
 */
export function compileCacheFolder(env: Environment): string | undefined {
  const { HOME } = env;
  const caches =
    env['CACHE_DIRECTORY']?.split(':')[0] ||
    env['XDG_CACHE_HOME'] ||
    (HOME ? join(HOME, '.cache') : undefined);
  if (!caches?.startsWith('/')) return undefined;
  try {
    makePrivate(caches);
    const folder = join(caches, 'kvs-launch');
    makePrivate(folder);
    const path = realpathSync(folder);
    return isOurs(path) ? path : undefined;
  } catch {
    return undefined;
  }
}

function makePrivate(folder: string): void {
  if (existsSync(folder)) return;
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/** Nobody but this user and root can change what lies under this path, or put another folder there. */
function isOurs(path: string): boolean {
  const uid = process.getuid?.();
  const { uid: owner, mode } = lstatSync(path);
  if (owner !== uid || (mode & WRITABLE_BY_OTHERS) !== 0) return false;
  for (let above = dirname(path); ; above = dirname(above)) {
    const stat = lstatSync(above);
    const isOpen = (stat.mode & WRITABLE_BY_OTHERS) !== 0 && (stat.mode & STICKY) === 0;
    if (isOpen || (stat.uid !== 0 && stat.uid !== uid)) return false;
    if (above === dirname(above)) return true;
  }
}
