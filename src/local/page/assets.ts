import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from '../../runtime/package-root.ts';

/** A file of the page. */
export type Asset = { readonly type: string; readonly bytes: Buffer };

/** Where the build puts the page, and hls.js beside it: there is no CDN. */
const PAGE = join(packageRoot, 'dist', 'page');

/** Path → file and media type. */
const FILES: Readonly<Record<string, { file: () => string; type: string }>> = {
  '/': { file: () => join(PAGE, 'index.html'), type: 'text/html; charset=utf-8' },
  '/page/style.css': { file: () => join(PAGE, 'style.css'), type: 'text/css' },
  '/page/icon.svg': { file: () => join(PAGE, 'icon.svg'), type: 'image/svg+xml' },
  '/page/app.js': { file: () => join(PAGE, 'app.js'), type: 'text/javascript' },
  '/page/hls.js': { file: () => join(PAGE, 'hls.min.js'), type: 'text/javascript' },
};

const loaded = new Map<string, Promise<Asset>>();

/** The file behind a path; undefined when the page has no such file. */
export function asset(path: string): Promise<Asset> | undefined {
  const known = loaded.get(path);
  if (known !== undefined) return known;
  const entry = Object.hasOwn(FILES, path) ? FILES[path] : undefined;
  if (entry === undefined) return undefined;
  const reading = readFile(entry.file()).then((bytes) => ({ type: entry.type, bytes }));
  loaded.set(path, reading);
  reading.catch(() => loaded.delete(path));
  return reading;
}
