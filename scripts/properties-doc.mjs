// Writes docs/2-use/properties.md from the rows of the properties. Run it after `npm run build:ts`.
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const { documentProperties } = await import(
  join(root, 'dist/src/host/settings/properties-page.js')
);
writeFileSync(join(root, 'docs/2-use/properties.md'), documentProperties());
