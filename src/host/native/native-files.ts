import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { KvsError } from '../../errors/kvs-error.ts';
import { packageRoot } from '../../runtime/package-root.ts';
import { kvssinkAdvice } from './install-advice.ts';

/** Where the compiled parts are. */
export type NativeFiles = {
  /** kvssink_addon.node, for a Node program. */
  readonly addon: string;
  /** Folder of the plugin (`libgstkvssink.so`), for GST_PLUGIN_PATH. Holds nothing else. */
  readonly pluginFolder: string;
  /** Compiled on this machine, or shipped in the package. */
  readonly origin: 'build' | 'prebuild';
};

/**
 * Finds the addon and the plugin: what was compiled on this machine comes first, because whoever
 * compiled it meant it to be used; then what the package brings along for this platform.
 * @throws KvsError STATUS_NOT_FOUND, whose advice is the command that compiles them.
 */
export function findNativeFiles(
  root: string = packageRoot,
  platform: string = process.platform,
  arch: string = process.arch,
  isMusl: boolean = usesMusl(),
): NativeFiles {
  // What is linked against glibc does not load with musl, Alpine's C library.
  const target = `${platform}-${arch}${platform === 'linux' && isMusl ? '-musl' : ''}`;
  const candidates = [
    { folder: join(root, 'build', 'Release'), origin: 'build' },
    { folder: join(root, 'prebuilds', target), origin: 'prebuild' },
  ] as const;
  const plugin = platform === 'darwin' ? 'libgstkvssink.dylib' : 'libgstkvssink.so';
  for (const { folder, origin } of candidates) {
    const addon = join(folder, 'kvssink_addon.node');
    const pluginFolder = join(folder, 'gstreamer-1.0');
    if (existsSync(addon) && existsSync(join(pluginFolder, plugin))) {
      return { addon, pluginFolder, origin };
    }
  }
  throw new KvsError(
    'STATUS_NOT_FOUND',
    `No kvssink for ${target}: looked in ${candidates.map((c) => c.folder).join(' and ')}`,
    { advice: kvssinkAdvice(platform, isMusl) },
  );
}

/** Whether this Node was made for musl: one made for glibc reports which. */
function usesMusl(): boolean {
  if (process.platform !== 'linux') return false;
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  return header.glibcVersionRuntime === undefined;
}
