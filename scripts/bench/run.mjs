// Measures kvssink beside a fakesink pipeline and beside bare node:https, and prints tables.
//   npm run bench                            everything, about 12 minutes
//   npm run bench -- live offline            these parts (aws, media, live, offline, offline-http, spool)
//   BENCH_ROUNDS=1 npm run bench -- live     one round of each
import { setup } from '../setup.mjs';

setup(['build', 'run', 'test']);
await import('../../dist/scripts/bench/main.js');
