import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import {
  formatStructure,
  gstBoolean,
  gstDouble,
  gstInt,
  gstString,
  gstUint,
  gstUint64,
} from '../../src/host/bus/gst-structure.ts';

/** Reads structures with GStreamer itself and prints their fields and GTypes as JSON. */
const READ_WITH_GSTREAMER = `
import sys, json, gi
gi.require_version('Gst', '1.0')
from gi.repository import Gst
Gst.init(None)
out = []
for text in json.load(sys.stdin):
    structure, end = Gst.Structure.from_string(text)
    if structure is None:
        out.append(None)
        continue
    fields = {}
    for i in range(structure.n_fields()):
        name = structure.nth_field_name(i)
        fields[name] = [structure.get_field_type(name).name, str(structure.get_value(name))]
    out.append([structure.get_name(), fields])
json.dump(out, sys.stdout)
`;

function readWithGStreamer(texts: string[]): unknown {
  const python = spawnSync('/usr/bin/python3', ['-c', READ_WITH_GSTREAMER], {
    input: JSON.stringify(texts),
    encoding: 'utf8',
  });
  assert.equal(python.status, 0, python.stderr);
  return JSON.parse(python.stdout);
}

const hasGStreamer =
  spawnSync('/usr/bin/python3', ['-c', "import gi; gi.require_version('Gst','1.0')"]).status === 0;

test('a structure is written as GStreamer writes its own', () => {
  assert.equal(
    formatStructure('kvs-x', { a: gstInt(-1), b: undefined, c: gstString('x y') }),
    'kvs-x, a=(int)-1, c=(string)"x\\ y";',
  );
});

test('GStreamer reads back every type and every text', {
  skip: hasGStreamer ? false : 'python3-gi is not installed',
}, () => {
  const texts = [
    '',
    'NULL',
    'plain',
    'two words',
    'quote " and \\ backslash',
    'tab\t newline\n bell\u0007',
    'Zürich → 東京 😀',
    'a=(int)1, b;c,d',
    '\\101 not an octal',
    "$`'!#%&()*+,-./:;<=>?@[]^_{|}~",
  ];
  const structures = texts.map((text) => formatStructure('kvs-error', { text: gstString(text) }));
  const types = formatStructure('kvs-metrics', {
    'an-int': gstInt(-2147483648),
    'a-uint': gstUint(4294967295),
    'a-uint64': gstUint64(18446744073709551615n),
    'a-number': gstUint64(Number.MAX_SAFE_INTEGER),
    'below-zero': gstUint64(-1.5),
    'a-part': gstUint64(2.9),
    'no-number': gstUint64(Number.NaN),
    'a-double': gstDouble(1.5e-7),
    'no-double': gstDouble(Number.NaN),
    yes: gstBoolean(true),
    no: gstBoolean(false),
  });
  const read = readWithGStreamer([...structures, types]);
  assert.deepEqual(read, [
    ...texts.map((text) => ['kvs-error', { text: ['gchararray', text] }]),
    [
      'kvs-metrics',
      {
        'an-int': ['gint', '-2147483648'],
        'a-uint': ['guint', '4294967295'],
        'a-uint64': ['guint64', '18446744073709551615'],
        'a-number': ['guint64', '9007199254740991'],
        'below-zero': ['guint64', '0'],
        'a-part': ['guint64', '2'],
        'no-number': ['guint64', '0'],
        'a-double': ['gdouble', '1.5e-07'],
        'no-double': ['gdouble', '0.0'],
        yes: ['gboolean', 'True'],
        no: ['gboolean', 'False'],
      },
    ],
  ]);
});

test('names that GStreamer would not take are refused', () => {
  assert.throws(() => formatStructure('1st', {}), TypeError);
  assert.throws(() => formatStructure('kvs', { 'a b': gstInt(1) }), TypeError);
});
