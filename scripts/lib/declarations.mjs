// One declaration file for each entry of the package, and a report of its API in words.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fail, root } from './run.mjs';

/** What a program can import, by the declarations it is rolled up from. */
const ENTRIES = {
  index: 'index.d.ts',
  local: join('local', 'service.d.ts'),
  consumer: join('consumer', 'consumer-api.d.ts'),
};

/** What it leaves in dist/. */
export const ROLLED_UP = ['types', 'api', '.rolled-up'];

/** Says whether anything that a roll-up is made of has changed. */
function fingerprint() {
  const hash = createHash('sha256');
  const inputs = [
    fileURLToPath(import.meta.url),
    join(root, 'package-lock.json'),
    ...readdirSync(join(root, 'dist', 'src'), { recursive: true })
      .filter((name) => name.endsWith('.d.ts'))
      .sort()
      .map((name) => join(root, 'dist', 'src', name)),
  ];
  for (const path of inputs) hash.update(path).update(readFileSync(path));
  return hash.digest('hex');
}

/**
 * Rolls up dist/src's declarations, from which tsc has stripped what is `@internal`, into
 * dist/types/NAME.d.ts, and writes dist/api/NAME.api.md, which a test compares with the committed
 * one. Ends the build when an entry can reach a type that it does not export. Takes as long as all
 * the rest of a build, so what is there stays while the declarations are the same.
 */
export function rollUpDeclarations() {
  const stamp = join(root, 'dist', '.rolled-up');
  const now = fingerprint();
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === now) return;
  for (const name of ROLLED_UP) rmSync(join(root, 'dist', name), { recursive: true, force: true });
  // CommonJS, and slow to load: only a build needs it.
  const { CompilerState, Extractor, ExtractorConfig } = createRequire(import.meta.url)(
    '@microsoft/api-extractor',
  );
  const api = join(root, 'dist', 'api');
  mkdirSync(api, { recursive: true });
  const entries = Object.entries(ENTRIES).map(([name, path]) => ({
    name,
    entry: join(root, 'dist', 'src', path),
  }));
  const paths = entries.map(({ entry }) => entry);
  let compilerState;
  for (const { name, entry } of entries) {
    const rolledUp = join(root, 'dist', 'types', `${name}.d.ts`);
    const config = ExtractorConfig.prepare({
      configObject: {
        projectFolder: root,
        mainEntryPointFilePath: entry,
        newlineKind: 'lf',
        compiler: { overrideTsconfig: compilerFor(paths) },
        apiReport: {
          enabled: true,
          reportFileName: `${name}.api.md`,
          reportFolder: api,
          reportTempFolder: join(api, 'temp'),
        },
        docModel: { enabled: false },
        tsdocMetadata: { enabled: false },
        dtsRollup: {
          enabled: true,
          untrimmedFilePath: rolledUp,
        },
        messages: {
          compilerMessageReporting: { default: { logLevel: 'error' } },
          extractorMessageReporting: {
            default: { logLevel: 'none' },
            'ae-forgotten-export': { logLevel: 'error', addToApiReportFile: false },
          },
          tsdocMessageReporting: { default: { logLevel: 'none' } },
        },
      },
      configObjectFullPath: undefined,
      packageJsonFullPath: join(root, 'package.json'),
    });
    // The declarations are read and checked once for all entries.
    compilerState ??= CompilerState.create(config, { additionalEntryPoints: paths });
    const problems = [];
    Extractor.invoke(config, {
      compilerState,
      localBuild: true,
      messageCallback: (message) => {
        message.handled = true;
        if (message.logLevel === 'error') problems.push(message.text);
      },
    });
    if (problems.length > 0) fail(problems.join('\n'));
    referToDisposable(rolledUp);
  }
  writeFileSync(stamp, now);
}

/**
 * Names the library that has Symbol.dispose and Symbol.asyncDispose. Programs that compile for
 * ES2022 or 2023 without @types/node would not have them, and tsc keeps no such line of a source.
 */
function referToDisposable(path) {
  const text = readFileSync(path, 'utf8');
  writeFileSync(path, `/// <reference lib="esnext.disposable" />\n\n${text}`);
}

/** How the tool's own TypeScript reads dist/src. */
function compilerFor(entries) {
  return {
    compilerOptions: {
      target: 'es2023',
      lib: ['es2023'],
      module: 'nodenext',
      moduleResolution: 'nodenext',
      types: ['node'],
      strict: true,
      exactOptionalPropertyTypes: true,
      allowImportingTsExtensions: true,
      noEmit: true,
    },
    files: entries,
  };
}
