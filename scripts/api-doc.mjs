// Writes docs/3-program/reference from the doc comments. Run it after `npm run build:ts`.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { referencePages } from './lib/reference-pages.mjs';
import { root } from './lib/run.mjs';

const folder = join(root, 'docs', '3-program', 'reference');
mkdirSync(folder, { recursive: true });
for (const [file, text] of referencePages()) writeFileSync(join(folder, file), text);
