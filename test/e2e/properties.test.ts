// The rows of the properties in src/host/settings beside those of the plugin that is built.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PROPERTIES } from '../../src/host/settings/properties.ts';
import type { Row } from '../../src/host/settings/rows/property-row.ts';
import { startPython } from './support/python.ts';
import { pipelineEnvironment } from './support/run.ts';

/** What GObject says of a property (python/property_specs.py). */
type Spec = {
  readonly type: string;
  readonly param: string;
  readonly live: boolean;
  /** The class's default, and what a new element has. */
  readonly default: string;
  readonly value: string;
  readonly range: readonly [string, string] | null;
  readonly nicks: readonly string[] | null;
};

/** GObject's types by ours, and what its numbers hold at most. */
const TYPES: Readonly<Record<Row['type'], string>> = {
  text: 'gchararray',
  secret: 'gchararray',
  flag: 'gboolean',
  uint: 'guint',
  uint64: 'guint64',
  choice: 'GEnum',
  structure: 'GBoxed',
  texts: 'GBoxed',
};
const MAXIMA: Readonly<Record<string, string>> = {
  uint: '4294967295',
  uint64: '18446744073709551615',
};

const rows = Object.entries<Row>(PROPERTIES);

/** A default as Python writes it. */
function pythonText(value: Row['default']): string {
  if (value === null) return 'None';
  return typeof value === 'boolean' ? (value ? 'True' : 'False') : String(value);
}

test('the plugin and the rows agree', async (t) => {
  const python = startPython(t, 'property_specs.py', [], pipelineEnvironment(undefined));
  const { code, stdout, stderr } = await python.finished;
  assert.equal(code, 0, stderr);
  const specs: Readonly<Record<string, Spec>> = JSON.parse(stdout);

  await t.test('on which properties there are, but for stats, which is only read', () => {
    const names = rows.map(([name]) => name);
    assert.deepEqual(Object.keys(specs).sort(), [...names, 'stats'].sort());
  });

  for (const [name, row] of rows) {
    await t.test(`on the type, default and values of ${name}`, () => {
      const spec = specs[name];
      assert.ok(spec);
      assert.equal(spec.type, TYPES[row.type]);
      assert.equal(spec.param === 'GstKvsSinkParamSecret', row.type === 'secret');
      assert.equal(spec.live, row.live === true, 'may change while playing');
      const isMade = row.type === 'uint64' && row.made !== undefined;
      assert.equal(isMade ? spec.default : spec.value, pythonText(row.default));
      assert.deepEqual(spec.nicks, row.type === 'choice' ? Object.keys(row.values) : null);
      const maximum = MAXIMA[row.type];
      assert.deepEqual(spec.range, maximum === undefined ? null : ['0', maximum]);
    });
  }
});
