// The page of the local service, in dist/page: one script, one style sheet, and what else it has.
import { cpSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { root } from './run.mjs';

const source = join(root, 'src', 'local', 'page');
const page = join(root, 'dist', 'page');

/** Not minified: it is read by who looks into it, and comes from the same machine. */
export async function bundlePage() {
  const { outputFiles } = await build({
    entryPoints: { app: join(source, 'app', 'main.ts'), style: join(source, 'style', 'style.css') },
    outdir: page,
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: ['chrome111', 'firefox114', 'safari16.4'],
    logLevel: 'warning',
  });
  for (const { path, contents } of outputFiles) writeChanged(path, contents);
  cpSync(join(source, 'static'), page, { recursive: true, filter: isChanged });
  // Of hls.js the page needs one file, and its package weighs 33 MB: so the file becomes part of ours.
  const player = join(root, 'node_modules', 'hls.js', 'dist', 'hls.min.js');
  cpSync(player, join(page, 'hls.min.js'), { filter: isChanged });
}

/** What is the same is left alone: a service may just be reading it. */
function writeChanged(path, contents) {
  if (existsSync(path) && readFileSync(path).equals(Buffer.from(contents))) return;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, contents);
}

function isChanged(from, to) {
  if (statSync(from).isDirectory() || !existsSync(to)) return true;
  return !readFileSync(from).equals(readFileSync(to));
}
