// Loaded before a test (`node --import`): makes this Linux a system that has no /proc, no users and no
// GStreamer, whose folders cannot be synced, and where nothing compiled can be loaded. As macOS and
// Windows are, as far as one system can play another.
import fs from 'node:fs/promises';
import { createRequire, syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';

const require = createRequire(import.meta.url);
const syncFs = require('node:fs') as Record<string, unknown>;

function failure(code: string, what: string): Error {
  return Object.assign(new Error(`${code}: ${what}, which this system does not have`), { code });
}

function isLinuxOnly(path: unknown): boolean {
  return typeof path === 'string' && /^\/(proc|sys|dev\/(?!null$))/.test(path);
}

/** Every function of a module that takes a path first. */
function withoutProc(module: Record<string, unknown>, names: readonly string[]): void {
  for (const name of names) {
    const real = module[name] as (...args: unknown[]) => unknown;
    module[name] = (...args: unknown[]) => {
      if (!isLinuxOnly(args[0])) return real(...args);
      if (name === 'existsSync') return false;
      throw failure('ENOENT', String(args[0]));
    };
  }
}
const names = ['readFile', 'readlink', 'open', 'access', 'stat', 'readdir', 'lstat'];
withoutProc(syncFs, ['existsSync', ...names.map((name) => `${name}Sync`)]);
withoutProc(fs as unknown as Record<string, unknown>, names);

// Windows refuses to sync a folder.
const handle = await fs.open(tmpdir(), 'r');
const fileHandle = Object.getPrototypeOf(handle) as fs.FileHandle;
const { sync } = fileHandle;
fileHandle.sync = async function (this: fs.FileHandle): Promise<void> {
  if ((await this.stat()).isDirectory()) throw failure('EPERM', 'syncing a folder');
  return sync.call(this);
};
await handle.close();

// Windows has neither users nor permissions by number.
for (const name of ['getuid', 'geteuid', 'getgid', 'getegid'] as const) {
  Object.defineProperty(process, name, { value: undefined });
}

process.dlopen = (module: unknown, path: string) => {
  throw failure('ERR_DLOPEN_FAILED', `${path} (${typeof module})`);
};

// No program of GStreamer's is found.
const accessSync = syncFs['accessSync'] as (path: string, mode?: number) => void;
syncFs['accessSync'] = (path: string, mode?: number): void => {
  if (/\/gst-[\w.-]+$/.test(path)) throw failure('ENOENT', path);
  accessSync(path, mode);
};
syncBuiltinESMExports();
