// What is made from the tables of kvs-launch's commands: its man page, and the schemas of its
// configuration file and of the file with cameras.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './run.mjs';

/** Writes dist/man/kvs-launch.1 and the schemas in dist/ from the compiled commands. */
export async function writeCommandPages() {
  const dist = join(root, 'dist');
  const { createProgram } = await import(join(dist, 'src', 'cli', 'program.js'));
  const { manPage } = await import(join(dist, 'src', 'cli', 'table', 'man-page.js'));
  const { settingsSchema } = await import(
    join(dist, 'src', 'cli', 'settings', 'settings-schema.js')
  );
  const { camerasSchema } = await import(join(dist, 'src', 'cli', 'rtsp', 'cameras-schema.js'));
  const seconds = Number(process.env.SOURCE_DATE_EPOCH) || Date.now() / 1000;
  const date = new Date(seconds * 1000).toISOString().slice(0, 10);
  mkdirSync(join(dist, 'man'), { recursive: true });
  writeFileSync(join(dist, 'man', 'kvs-launch.1'), manPage(createProgram(), date));
  writeSchema('kvs-launch.schema.json', settingsSchema(createProgram()));
  writeSchema('kvs-launch-cameras.schema.json', camerasSchema());
}

function writeSchema(name, schema) {
  writeFileSync(join(root, 'dist', name), `${JSON.stringify(schema, undefined, 2)}\n`);
}
