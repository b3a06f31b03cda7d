import { setFlagsFromString } from 'node:v8';

/** Versions whose V8 has the option; an unknown one would be a line on stderr. */
const TESTED_MAJORS: ReadonlySet<string | undefined> = new Set(['20', '22', '24']);

/**
 * Lets V8 optimise a function after some 8 kB of executed bytecode instead of its 132 kB (66 kB from
 * Node 22 on). What runs 30 times a second would be interpreted for minutes otherwise: the frame path
 * costs a third less from the first half minute on (docs/6-maintain/benchmarks.md). To be called before
 * the rest is loaded. Does nothing on versions of Node that it was not measured on.
 */
export function optimizeEarly(): void {
  const [major] = process.versions.node.split('.');
  if (TESTED_MAJORS.has(major)) setFlagsFromString('--interrupt-budget=8000');
}
