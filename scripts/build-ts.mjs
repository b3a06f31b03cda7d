// Compiles src, test and scripts into dist/, from nothing: a file that was removed from
// the sources must not live on in dist/. Does nothing when no source is newer than the last build.
//   dist/src     each module by itself: what the tests import
//   dist/types   a declaration file for each of the package's entries
//   dist/api     what they export, as a report (test/package/api.test.ts)
//   dist/bundle  what runs: few large files, because loading 150 small ones costs a start 70 ms
//   dist/man     the man page of kvs-launch
//   dist/*.schema.json  its configuration file, and the file with cameras
//   dist/page    the page of the local service
import { createHash } from 'node:crypto';
import {
  existsSync,
  promises,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { build, buildSync, transform } from 'esbuild';
import { bundlePage } from './lib/bundle-page.mjs';
import { writeCommandPages } from './lib/command-pages.mjs';
import { ROLLED_UP, rollUpDeclarations } from './lib/declarations.mjs';
import { root, run } from './lib/run.mjs';

const dist = join(root, 'dist');
const stamp = join(dist, '.built');

/** Newest change below a folder: files that were written, and folders that lost or won a file. */
function newest(folder) {
  let newestMs = statSync(folder).mtimeMs;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) newestMs = Math.max(newestMs, newest(path));
    else if (entry.name.endsWith('.ts')) newestMs = Math.max(newestMs, statSync(path).mtimeMs);
  }
  return newestMs;
}

/**
 * Modules of Node that few streams need, each taken at its first use: together they take a start 3 ms.
 * Their functions only.
 */
const LATE_MODULES = {
  'node:fs/promises': Object.keys(promises),
  'node:module': ['createRequire'],
  'node:timers/promises': ['setImmediate'],
  'node:zlib': ['crc32'],
};

const LATE = {
  name: 'late-modules',
  setup({ onResolve, onLoad }) {
    const filter = new RegExp(`^(${Object.keys(LATE_MODULES).join('|')})$`);
    onResolve({ filter }, ({ path }) => ({ path, namespace: 'late' }));
    onLoad({ filter, namespace: 'late' }, ({ path }) => {
      const calls = LATE_MODULES[path]
        .filter((name) => name !== 'constants')
        .map((name) => `export const ${name} = (...args) => late().${name}(...args);`);
      const late = `let loaded; const late = () => (loaded ??= process.getBuiltinModule('${path}'));`;
      return { contents: [late, ...calls].join('\n') };
    });
  },
};

/**
 * Takes the comments out, an eighth of the text that a start reads. What is left is ASCII, which needs no
 * decoder and half the memory.
 */
const WITHOUT_COMMENTS = {
  name: 'without-comments',
  setup({ onLoad }) {
    onLoad({ filter: /\.js$/ }, async ({ path }) => {
      const { code } = await transform(readFileSync(path, 'utf8'), { minifyWhitespace: true });
      return { contents: code };
    });
  },
};

/**
 * Joins our modules, and only ours: packages stay where npm puts them and can be updated. One run
 * for all entries that a program may load together, so that they share their classes. The host is a
 * process of its own, in one piece and in CommonJS: that has a code cache on Node 20 too, needs no
 * loader of modules, and does not look at each export of Node's own modules. Without indentation,
 * which is a sixth of what a start reads, but with all names, and in short lines: stack traces are for
 * reading.
 */
async function bundle() {
  const entry = (...path) => join(dist, 'src', ...path);
  const common = {
    outdir: join(dist, 'bundle'),
    bundle: true,
    packages: 'external',
    platform: 'node',
    target: 'node20.19',
    logLevel: 'warning',
  };
  const modules = {
    index: entry('index.js'),
    'kvs-launch': entry('cli', 'start.js'),
    local: entry('local', 'service.js'),
    consumer: entry('consumer', 'consumer-api.js'),
  };
  buildSync({ ...common, entryPoints: modules, format: 'esm', splitting: true });
  const commonJs = { ...common, outExtension: { '.js': '.cjs' }, format: 'cjs' };
  await build({
    ...commonJs,
    entryPoints: { host: entry('host', 'start.js') },
    plugins: [LATE],
    define: { 'import.meta.dirname': '__dirname' },
  });
  await build({
    ...commonJs,
    entryPoints: { 'host-main': entry('host', 'main.js') },
    plugins: [LATE, WITHOUT_COMMENTS],
    minifyWhitespace: true,
    lineLimit: 120,
    // Packages by require: from a code cache, V8 does not know where import() should look.
    // Patterns as they are written, which V8 compiles at their first use: esbuild calls a constructor
    // for those with a Unicode property, as long as new ones of these may come.
    supported: { 'dynamic-import': false, 'regexp-unicode-property-escapes': true },
    define: { 'import.meta.dirname': '__dirname', 'import.meta.filename': '__filename' },
  });
  signText(join(dist, 'bundle', 'host-main.cjs'));
}

/** The code that is kept of a text goes by its first line (src/runtime/code-cache.ts). */
function signText(path) {
  const text = readFileSync(path, 'utf8');
  const hash = createHash('sha256').update(text).digest('hex');
  writeFileSync(path, `// ${hash}\n${text}`);
}

const sources = ['src', 'test', 'scripts'].filter((name) => existsSync(join(root, name)));
const changedMs = Math.max(
  ...sources.map((name) => newest(join(root, name))),
  statSync(join(root, 'tsconfig.json')).mtimeMs,
  statSync(join(root, 'package-lock.json')).mtimeMs,
);
if (!existsSync(stamp) || statSync(stamp).mtimeMs < changedMs) {
  if (existsSync(dist)) {
    for (const name of readdirSync(dist)) {
      // Made anew only when the declarations changed.
      if (!ROLLED_UP.includes(name)) rmSync(join(dist, name), { recursive: true, force: true });
    }
  }
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  run(process.execPath, [tsc, '-p', root]);
  // The page is compiled for browsers; here its types are checked.
  run(process.execPath, [tsc, '-p', join(root, 'src', 'local', 'page', 'app')]);
  await bundle();
  rollUpDeclarations();
  await writeCommandPages();
  writeFileSync(stamp, '');
}
await bundlePage();
