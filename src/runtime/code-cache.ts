import { isAscii } from 'node:buffer';
import { createHash } from 'node:crypto';
import {
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { cachedDataVersionTag } from 'node:v8';
import { Script } from 'node:vm';

/** By then what a start needs has been compiled, and V8 has thrown none of it away. */
const WRITE_AFTER_MS = 3_000;
/** For several versions of Node and of ours. */
const MOST_KEPT = 4;
const ENDING = '.v8';
/**
 * In front of the code: its SHA-256, as V8 does not look for bytes that a power cut has left out. A
 * multiple of a pointer's length: V8 makes a copy of code that is not aligned to one. (A CRC would
 * need zlib, which takes longer to be loaded.)
 */
const HEADER_BYTES = 32;
/** At the beginning of a text, what its first line may take. */
const FIRST_LINE_BYTES = 128;
/** What makes a function of a CommonJS file. */
const BEFORE = '(function (exports, require, module, __filename, __dirname) {';
const BEHIND = '\n})';

/** How a start was. */
export type CodeUse = {
  /** The code came from an earlier start. */
  readonly isCached: boolean;
};

/**
 * Runs a CommonJS file, in which there is no import(), with V8's code cache (https://nodejs.org/api/vm.html#scriptcreatecacheddata):
 * without it, parsing and compiling takes a fifth of a start. The code is written some seconds later
 * or at the end of the process. A cache that is damaged, of another V8, or cannot be written only
 * costs the time that it would have saved.
 * @param path absolute; its first line, when it was changed, and V8's version decide which code is
 *   taken: a file that may be exchanged for one with the times of the other begins with its own hash
 * @param folder which only this user may write: what lies there is run; made if need be
 */
export function runWithCodeCache(path: string, folder: string): CodeUse {
  const { text, version } = readFunction(path);
  const name = basename(path);
  const tag = cachedDataVersionTag().toString(16);
  const file = join(folder, `${name}-${tag}-${version}${ENDING}`);
  // What is ASCII, as bundles are, needs no decoder, which takes three times as long.
  const source = text.toString(isAscii(text) ? 'latin1' : 'utf8');
  const cachedData = readCode(file, text.buffer);
  const script = new Script(
    source,
    cachedData === undefined ? { filename: path } : { filename: path, cachedData },
  );
  const module = { exports: {} };
  script.runInThisContext()(module.exports, requireFrom(path), module, path, dirname(path));
  const isCached = cachedData !== undefined && script.cachedDataRejected === false;
  if (!isCached) writeLater(() => writeCode(file, script.createCachedData(), `${name}-`));
  return { isCached };
}

/** As `createRequire`, of which most starts need none: Node's own modules come without. */
function requireFrom(path: string): (id: string) => unknown {
  let require: NodeJS.Require | undefined;
  return (id) => {
    if (id.startsWith('node:')) return process.getBuiltinModule(id);
    require ??= createRequire(path);
    return require(id);
  };
}

/** The file as a function, in one piece: V8 makes a copy of a text that was put together. */
function readFunction(path: string): { readonly text: Buffer; readonly version: string } {
  const { bytes: body, stat } = read(path, (bytes) => {
    const length = BEFORE.length + bytes + BEHIND.length;
    // Half of it is for the code. Memory costs nothing until it is written to.
    return Buffer.allocUnsafeSlow(2 * length).subarray(BEFORE.length, BEFORE.length + bytes);
  });
  const text = Buffer.from(body.buffer, 0, BEFORE.length + body.length + BEHIND.length);
  text.write(BEFORE, 'latin1');
  text.write(BEHIND, BEFORE.length + body.length, 'latin1');
  return { text, version: versionOf(body, stat) };
}

function versionOf(body: Buffer, { size, mtimeMs, ctimeMs }: Stats): string {
  const end = body.subarray(0, FIRST_LINE_BYTES).indexOf('\n');
  const hash = createHash('sha256').update(body.subarray(0, end < 0 ? FIRST_LINE_BYTES : end));
  return hash.update(`${size} ${mtimeMs} ${ctimeMs}`).digest('hex').slice(0, 16);
}

/**
 * Undefined when there is none, or not all of it.
 * @param memory that nobody needs any more; what goes into it costs no page fault for each 4 KiB
 */
function readCode(path: string, memory: ArrayBufferLike): Buffer | undefined {
  try {
    const { bytes } = read(path, (length) =>
      length <= memory.byteLength ? Buffer.from(memory, 0, length) : Buffer.allocUnsafeSlow(length),
    );
    const code = bytes.subarray(HEADER_BYTES);
    return hashOf(code).equals(bytes.subarray(0, HEADER_BYTES)) ? code : undefined;
  } catch {
    return undefined;
  }
}

function hashOf(code: Buffer): Buffer {
  return createHash('sha256').update(code).digest();
}

/**
 * All of a file, in memory of the caller's choice.
 * @throws Error when it cannot be read, or becomes shorter meanwhile
 */
function read(
  path: string,
  memoryFor: (bytes: number) => Buffer,
): { readonly bytes: Buffer; readonly stat: Stats } {
  const file = openSync(path, 'r');
  try {
    const stat = fstatSync(file);
    const bytes = memoryFor(stat.size);
    for (let at = 0; at < bytes.length; ) {
      const length = readSync(file, bytes, at, bytes.length - at, null);
      if (length === 0) throw new Error(`${path} became shorter while it was read`);
      at += length;
    }
    return { bytes, stat };
  } finally {
    closeSync(file);
  }
}

/** After a while, or when the process ends before. */
function writeLater(write: () => void): void {
  const once = (): void => {
    clearTimeout(timer);
    process.off('exit', once);
    write();
  };
  const timer = setTimeout(once, WRITE_AFTER_MS).unref();
  process.once('exit', once);
}

/** Whole or not at all, whoever else is at it. */
function writeCode(file: string, code: Buffer, prefix: string): void {
  const part = `${file}.${process.pid}.part`;
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(part, Buffer.concat([hashOf(code), code]), { mode: 0o600 });
    renameSync(part, file);
    removeOldest(dirname(file), prefix);
  } catch {
    removeIfPossible(part);
  }
}

/** Where the folder cannot be, not even `force` keeps it from throwing. */
function removeIfPossible(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch {
    // It is not there, then.
  }
}

function removeOldest(folder: string, prefix: string): void {
  const kept = readdirSync(folder)
    .filter((name) => name.startsWith(prefix) && name.endsWith(ENDING))
    .map((name) => ({ path: join(folder, name), changedMs: statSync(join(folder, name)).mtimeMs }))
    .toSorted((a, b) => b.changedMs - a.changedMs);
  for (const { path } of kept.slice(MOST_KEPT)) rmSync(path, { force: true });
}
