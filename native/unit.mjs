// Writes a source that includes others: unit.mjs OUT SOURCE…, sources relative to the root. binding.gyp
// compiles such units, since most of what one of our sources costs is the headers that all include.
import { writeFileSync } from 'node:fs';

const [out, ...sources] = process.argv.slice(2);
writeFileSync(out, sources.map((source) => `#include "${source}"\n`).join(''));
