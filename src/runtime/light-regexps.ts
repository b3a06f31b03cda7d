import { setFlagsFromString } from 'node:v8';

/**
 * What a stream needs of Node. Node has these modules compiled, but V8 takes no code that was compiled
 * with other options: to compile them anew takes 20 ms.
 */
const LOADED_BEFORE = ['crypto', 'dns', 'https', 'os'] as const;

/**
 * Lets V8 compile regular expressions without optimising them, which for the large ones of Node's
 * own modules takes longer than all that they are used for: `net.isIPv6`, which each connection to a
 * name calls, takes 6 ms of a start, and 1 ms without. The price: a pattern takes up to five times as
 * long, which a line of the log notices that may hold a secret (10 µs). To be called before any code
 * is kept (see compile-cache.ts), since V8 takes no code that was compiled with other flags; where
 * Node itself keeps some from the beginning (NODE_COMPILE_CACHE), it does nothing for that reason.
 */
export function compileRegExpsLightly(
  env: Readonly<Record<string, string | undefined>> = process.env,
): void {
  const nodeKeepsCode =
    env['NODE_COMPILE_CACHE'] && 'enableCompileCache' in process.getBuiltinModule('node:module');
  if (nodeKeepsCode) return;
  for (const name of LOADED_BEFORE) process.getBuiltinModule(`node:${name}`);
  setFlagsFromString('--no-regexp-optimization');
}
