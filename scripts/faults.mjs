// Runs real pipelines through everything that can go wrong, and prints what became of their frames.
//   npm run faults                            everything, about 15 minutes
//   npm run faults -- --only reset            the faults with this word in their names
//   npm run faults -- --mode live             one mode: live, offline, audio+video, back-fill
//   npm run faults -- --json                  JSON instead of a table
//   npm run faults -- --write                 writes these rows of docs/6-maintain/faults.md, too
//   npm run faults -- --verbose               what the pipelines print, too
import { freshRegistry } from './lib/gstreamer.mjs';
import { setup } from './setup.mjs';

await setup(['build', 'run', 'test']);
process.env.GST_REGISTRY = freshRegistry(['run', 'test']);
await import('../dist/test/faults/main.js');
