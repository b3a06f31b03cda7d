import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { ownFolder } from './own-folder.ts';

let script: string | undefined;

/** The bare host in one CommonJS file, as the plugin's host is: what Node's loader costs is no floor. */
export function bareHostScript(): string {
  if (script !== undefined) return script;
  script = join(ownFolder('host'), 'bare-host.cjs');
  buildSync({
    entryPoints: [fileURLToPath(new URL('./bare-host.js', import.meta.url))],
    outfile: script,
    bundle: true,
    format: 'cjs',
    platform: 'node',
    logLevel: 'warning',
  });
  return script;
}
