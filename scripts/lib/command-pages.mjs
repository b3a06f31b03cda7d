// What is made from the table of kvs-launch's commands: its man page, and the schema of its
// configuration file.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './run.mjs';

/** Writes dist/man/kvs-launch.1 and dist/kvs-launch.schema.json from the compiled commands. */
export async function writeCommandPages() {
  const dist = join(root, 'dist');
  const { createProgram } = await import(join(dist, 'src', 'cli', 'program.js'));
  const { manPage } = await import(join(dist, 'src', 'cli', 'table', 'man-page.js'));
  const { settingsSchema } = await import(
    join(dist, 'src', 'cli', 'settings', 'settings-schema.js')
  );
  const seconds = Number(process.env.SOURCE_DATE_EPOCH) || Date.now() / 1000;
  const date = new Date(seconds * 1000).toISOString().slice(0, 10);
  mkdirSync(join(dist, 'man'), { recursive: true });
  writeFileSync(join(dist, 'man', 'kvs-launch.1'), manPage(createProgram(), date));
  writeFileSync(
    join(dist, 'kvs-launch.schema.json'),
    `${JSON.stringify(settingsSchema(createProgram()), undefined, 2)}\n`,
  );
}
