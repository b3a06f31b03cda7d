// Which file of native/ uses which: never one that uses it in turn.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../../src/runtime/package-root.ts';

const native = join(packageRoot, 'native');

/** A header and its source are one unit, by their name without the extension. */
function unitOf(path: string): string {
  return path.replace(/\.(h|cc)$/, '');
}

/** Every unit, and those whose headers it includes. */
function includes(): Map<string, Set<string>> {
  const units = new Map<string, Set<string>>();
  for (const path of readdirSync(native, { recursive: true }) as string[]) {
    if (!/\.(h|cc)$/.test(path)) continue;
    const unit = unitOf(path);
    const used = units.get(unit) ?? new Set();
    units.set(unit, used);
    for (const [, header] of readFileSync(join(native, path), 'utf8').matchAll(
      /^#include "(.+)"$/gm,
    )) {
      used.add(unitOf(normalize(join(dirname(path), header ?? ''))));
    }
    used.delete(unit);
  }
  return units;
}

/** Units that use each other in a circle, as one path; empty without one. */
function findCircle(units: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  const done = new Set<string>();
  const visit = (unit: string, path: string[]): string[] => {
    if (path.includes(unit)) return [...path.slice(path.indexOf(unit)), unit];
    if (done.has(unit)) return [];
    for (const used of units.get(unit) ?? []) {
      const circle = visit(used, [...path, unit]);
      if (circle.length > 0) return circle;
    }
    done.add(unit);
    return [];
  };
  for (const unit of units.keys()) {
    const circle = visit(unit, []);
    if (circle.length > 0) return circle;
  }
  return [];
}

test('no unit of the element uses one that uses it in turn', () => {
  const element = [...includes()].filter(([unit]) => unit.startsWith('element/'));
  assert.ok(element.length > 20);
  assert.deepEqual(findCircle(new Map(element)), []);
});

test('what is used by another unit of the element stands in a header', () => {
  for (const path of readdirSync(join(native, 'element'))) {
    const source = readFileSync(join(native, 'element', path), 'utf8');
    if (!path.endsWith('.cc')) continue;
    assert.match(source, new RegExp(`^#include "${unitOf(path)}\\.h"$`, 'm'), path);
    assert.doesNotMatch(source, /^extern /m, path);
  }
});

test('nothing below the element knows of it', () => {
  for (const [unit, used] of includes()) {
    if (!unit.startsWith('bridge/')) continue;
    for (const other of used) assert.doesNotMatch(other, /^(element|plugin|addon)\//, unit);
  }
});

test('a circle is found', () => {
  const units = new Map([
    ['a', new Set(['b'])],
    ['b', new Set(['c'])],
    ['c', new Set(['b'])],
  ]);
  assert.deepEqual(findCircle(units), ['b', 'c', 'b']);
});
