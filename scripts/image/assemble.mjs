// Copies what runs, and nothing else, out of a built and pruned working copy: for the image.
//   node scripts/image/assemble.mjs FOLDER
import { cpSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { copyProductionModules, isForDevelopers } from '../lib/production-modules.mjs';
import { fail, root } from '../lib/run.mjs';

const to = process.argv[2];
if (!to) fail('assemble.mjs FOLDER: where to?');

const kept = [
  'package.json',
  'LICENSE',
  'THIRD-PARTY-LICENSES.md',
  'bin',
  'dist/bundle',
  'dist/page',
  'build/Release/gstreamer-1.0',
  'build/Release/kvssink_addon.node',
  'scripts/image/entrypoint.sh',
];
for (const path of kept) {
  if (!existsSync(join(root, path))) fail(`${path} is missing: build first.`);
  cpSync(join(root, path), join(to, path), {
    recursive: true,
    filter: (from) => from === join(root, path) || !isForDevelopers(from),
  });
}
copyProductionModules(join(root, 'node_modules'), join(to, 'node_modules'));
