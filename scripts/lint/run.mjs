// What no rule of biome's holds: `node scripts/lint/run.mjs`, a step of `npm run lint`.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fail, root } from '../lib/run.mjs';
import { braceProblems } from './braces.mjs';
import { errorTextProblems } from './error-texts.mjs';
import { fileNameProblems } from './file-names.mjs';
import { readSource } from './source.mjs';

const paths = ['src', 'test', 'scripts', 'examples', 'bin']
  .flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true }).map((name) => join(folder, name)),
  )
  .filter((path) => /\.m?[jt]s$/.test(path));
const problems = paths.flatMap((path) => {
  const source = readSource(readFileSync(join(root, path), 'utf8'));
  const texts = path.startsWith('src') ? errorTextProblems(source) : [];
  return [...braceProblems(source), ...texts].map((problem) => `${path}:${problem}`);
});
problems.push(...fileNameProblems(paths));
if (problems.length > 0) fail(problems.join('\n'));
