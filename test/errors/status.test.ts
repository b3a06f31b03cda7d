import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { documentErrors } from '../../src/errors/errors-page.ts';
import { findStatus } from '../../src/errors/find-status.ts';
import { KvsError } from '../../src/errors/kvs-error.ts';
import { STATUS, type StatusName, type StatusRow } from '../../src/errors/status.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const rows = Object.entries(STATUS) as [StatusName, StatusRow][];

test('docs/2-use/errors.md says what the table says', () => {
  const page = readFileSync(join(ROOT, 'docs/2-use/errors.md'), 'utf8');
  assert.equal(page, documentErrors(), 'run node scripts/errors-doc.mjs');
  const documented = [...page.matchAll(/^\| `(0x[0-9a-f]{8})` \| `(STATUS_\w+)`/gm)];
  assert.deepEqual(
    new Map(documented.map(([, value, name]) => [name, Number(value)])),
    new Map(rows.map(([name, { value }]) => [name, value])),
  );
});

test('upstream has 316 statuses, and each number once', () => {
  assert.equal(rows.length, 316);
  assert.equal(new Set(rows.map(([, { value }]) => value)).size, 316);
});

test('each status is found in the table of its range', () => {
  for (const [name, row] of rows) assert.equal(findStatus(name), row);
});

test('every status that the source raises has a text', () => {
  const source = join(ROOT, 'src');
  const missing = new Set<string>();
  for (const name of readdirSync(source, { recursive: true })) {
    const path = join(source, String(name));
    if (!path.endsWith('.ts') || path.includes(join('errors', 'status'))) continue;
    for (const [, status] of readFileSync(path, 'utf8').matchAll(/'(STATUS_[A-Z0-9_]+)'/g)) {
      if (STATUS[status as StatusName]?.text === '') missing.add(status ?? '');
    }
  }
  assert.deepEqual([...missing], []);
});

test('an error describes itself with number, name and advice, and keeps its cause', () => {
  const cause = new Error('underneath');
  const error = new KvsError('STATUS_DUPLICATE_STREAM_NAME', 'A stream door exists', { cause });
  assert.equal(error.cause, cause);
  assert.equal(error.status, 0x5200004b);
  assert.equal(
    error.describe(),
    'A stream door exists [STATUS_DUPLICATE_STREAM_NAME 0x5200004b] Stop it first, or use another name.',
  );
});

test('an advice says what happens or what to do, and reads behind its text', () => {
  const odd = rows
    .filter(([, { advice }]) => advice !== '')
    .filter(([, { advice }]) => !/^[A-Z]/.test(advice) || /^(Nothing|None)\b/.test(advice));
  assert.deepEqual(odd, []);
});
