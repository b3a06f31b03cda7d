// Writes docs/2-use/errors.md from the table of errors. Run it after `npm run build:ts`.
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const { documentErrors } = await import(join(root, 'dist/src/errors/errors-page.js'));
writeFileSync(join(root, 'docs/2-use/errors.md'), documentErrors());
