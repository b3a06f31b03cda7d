import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../src/runtime/package-root.ts';

/** A folder in which programs find this package, and the packages named, as if npm had installed them. */
export function makeProject(packages: readonly string[] = ['@types/node']): {
  readonly folder: string;
  remove(): void;
} {
  const folder = mkdtempSync(join(tmpdir(), 'kvs-launch-project-'));
  const link = (name: string, target: string): void => {
    const path = join(folder, 'node_modules', name);
    mkdirSync(join(path, '..'), { recursive: true });
    symlinkSync(target, path);
  };
  link('kvs-launch', packageRoot);
  link('.bin/kvs-launch', join(packageRoot, 'bin', 'kvs-launch.js'));
  for (const name of packages) link(name, join(packageRoot, 'node_modules', name));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
