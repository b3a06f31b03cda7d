import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { KvsError } from '../../errors/kvs-error.ts';
import { packageRoot } from '../../runtime/package-root.ts';

/** Where the compiled parts are. */
export type NativeFiles = {
  /** kvssink_addon.node, for a Node program. */
  readonly addon: string;
  /** Folder of libgstkvssink.so, for GST_PLUGIN_PATH. Holds nothing else. */
  readonly pluginFolder: string;
  /** Compiled on this machine, or shipped in the package. */
  readonly origin: 'build' | 'prebuild';
};

/** What a machine needs to compile the native parts, as Debian 12 and 13 call it. */
const BUILD_PACKAGES: readonly string[] = [
  'g++',
  'make',
  'python3',
  'pkg-config',
  'libgstreamer1.0-dev',
  'libgstreamer-plugins-base1.0-dev',
];

/** What a machine needs to run the documented pipelines, as Debian 12 and 13 call it. */
export const RUN_PACKAGES: readonly string[] = [
  'gstreamer1.0-tools',
  'gstreamer1.0-plugins-base',
  'gstreamer1.0-plugins-good',
  'gstreamer1.0-plugins-bad',
  'gstreamer1.0-plugins-ugly',
];

/**
 * Finds the addon and the plugin: what was compiled on this machine comes first, because whoever
 * compiled it meant it to be used; then what the package brings along for this platform.
 * @throws KvsError STATUS_NOT_FOUND, whose advice is the command that compiles them.
 */
export function findNativeFiles(
  root: string = packageRoot,
  platform: string = process.platform,
  arch: string = process.arch,
): NativeFiles {
  const candidates = [
    { folder: join(root, 'build', 'Release'), origin: 'build' },
    { folder: join(root, 'prebuilds', `${platform}-${arch}`), origin: 'prebuild' },
  ] as const;
  for (const { folder, origin } of candidates) {
    const addon = join(folder, 'kvssink_addon.node');
    const pluginFolder = join(folder, 'gstreamer-1.0');
    if (existsSync(addon) && existsSync(join(pluginFolder, 'libgstkvssink.so'))) {
      return { addon, pluginFolder, origin };
    }
  }
  throw new KvsError(
    'STATUS_NOT_FOUND',
    `No kvssink for ${platform}-${arch}: looked in ${candidates.map((c) => c.folder).join(' and ')}`,
    {
      advice: `Run "npx kvs-launch build-native". It needs: apt-get install ${BUILD_PACKAGES.join(' ')}`,
    },
  );
}
