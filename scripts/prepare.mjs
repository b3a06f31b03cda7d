// npm runs this after `npm ci` in a clone, and where somebody installs from git (npm i git+https://…):
// then the package is whole but for the compiled parts, and `npx kvs-launch build-native` makes those.
// A tarball of npm pack has no such file, and passes it by.
// In a clone that was linked (npm i ../kvs-launch) and has no packages there is nothing to build with.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { copyBindingGyp } from './lib/package-layout.mjs';
import { root } from './lib/run.mjs';

const needed = ['typescript', 'esbuild', 'hls.js'];
if (needed.every((name) => existsSync(join(root, 'node_modules', name)))) {
  await import('./build-ts.mjs');
  copyBindingGyp(root);
}
