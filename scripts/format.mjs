// Formats and lints TypeScript, JavaScript, JSON (biome) and C++ (clang-format). Without --write
// it changes nothing and fails when something is not as it should be, the house's own rules
// (scripts/lint) and the arrows between the rooms of src (.dependency-cruiser.mjs) included.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fail, has, root, run } from './lib/run.mjs';

const write = process.argv.includes('--write');
const biome = join(root, 'node_modules', '@biomejs', 'biome', 'bin', 'biome');
run(process.execPath, [biome, 'check', '--error-on-warnings', ...(write ? ['--write'] : []), '.']);

run(process.execPath, [join('scripts', 'lint', 'run.mjs')]);

const cruiser = join(root, 'node_modules', 'dependency-cruiser', 'bin', 'dependency-cruise.mjs');
run(process.execPath, [cruiser, '--config', '.dependency-cruiser.mjs', 'src']);

// Exports and files that no program of the project uses (knip.json names where they begin).
const knip = join(root, 'node_modules', 'knip', 'bin', 'knip.js');
const inUse = ['--production', '--include', 'files,exports,types', '--no-tag-hints'];
run(process.execPath, [knip, ...inUse, '--no-progress']);

if (!has('clang-format')) fail('clang-format is missing: apt-get install clang-format');
const sources = ['native', 'test']
  .flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true }).map((name) => join(folder, name)),
  )
  .filter((name) => /\.(cc|h)$/.test(name));
if (sources.length > 0) {
  run('clang-format', [...(write ? ['-i'] : ['--dry-run', '--Werror']), ...sources]);
}
