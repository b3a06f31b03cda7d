// Measures kvssink beside a fakesink pipeline and beside bare node:https, and prints tables.
//   npm run bench                            everything, about an hour
//   npm run bench -- live offline            these parts (aws, media, live, live-late, cameras, rtsp, offline, offline-http, spool, weeks)
//   npm run bench -- --check live            compares the ratios with ratios.json, and ends with 1 if one is worse
//   npm run bench -- --save live             makes them the committed ones
//   BENCH_ROUNDS=1 npm run bench -- live     one round of each
//   BENCH_NODE=/path/to/node npm run bench   with the subjects on another Node
//   BENCH_UPSTREAM_PLUGIN_PATH=/a/folder npm run bench   beside Amazon's kvssink, if it was built there
import { setup } from '../setup.mjs';

await setup(['build', 'run', 'test']);
await import('../../dist/scripts/bench/main.js');
