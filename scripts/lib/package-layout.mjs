// What the package holds in another place than the sources.
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './run.mjs';

/** pnpm and yarn would compile a package that has binding.gyp in its root. */
export function copyBindingGyp(to) {
  cpSync(join(root, 'binding.gyp'), join(to, 'native', 'binding.gyp'));
}

/** What was compiled on this machine, for this kind of machine. @returns its name in prebuilds/. */
export function copyOwnBinaries(to) {
  const platform = `${process.platform}-${process.arch}`;
  for (const path of ['kvssink_addon.node', 'gstreamer-1.0/libgstkvssink.so']) {
    cpSync(join(root, 'build', 'Release', path), join(to, 'prebuilds', platform, path));
  }
  return platform;
}
