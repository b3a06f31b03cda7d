import { setFlagsFromString } from 'node:v8';

/**
 * What lets V8 optimise early, by Node's major version. Node 20: after some 8 kB of executed bytecode
 * instead of 132 kB. From Node 22 on, V8 counts calls instead, knows no such option, and optimises
 * early enough by itself.
 */
const EARLY_FLAGS: Readonly<Record<string, string>> = { 20: '--interrupt-budget=8000' };

/**
 * Before that, V8 would optimise what runs at the start alone: with it in force from the beginning,
 * thirty streams started half as late again on two cores. At this age it pays for itself within half
 * a minute (docs/6-maintain/benchmarks.md).
 */
const AFTER_START_MS = 30_000;

/**
 * Lets V8 optimise what runs 30 times a second, which it would interpret for minutes otherwise. Does
 * nothing on versions of Node that need none of it.
 */
export function optimizeEarly(): void {
  const flag = EARLY_FLAGS[process.versions.node.split('.')[0] ?? ''];
  if (flag !== undefined) setFlagsFromString(flag);
}

/** The same once the start is over. Does not keep the process alive. */
export function optimizeAfterStart(): void {
  setTimeout(optimizeEarly, AFTER_START_MS).unref();
}
