import assert from 'node:assert/strict';
import { test } from 'node:test';

type Needs = {
  readonly libraries: string[];
  readonly newest: Record<string, { version: string; symbol: string }>;
  readonly unknown: string[];
  readonly descriptor: string | undefined;
};
const { needsOf, tooNew } = (await import(
  new URL('../../../scripts/lib/system-needs.mjs', import.meta.url).href
)) as {
  needsOf(texts: Record<string, unknown>): Needs;
  tooNew(needs: Needs): string[];
};

const dynamic =
  ' 0x0000000000000001 (NEEDED)             Shared library: [libgstreamer-1.0.so.0]\n';
const symbols = {
  gstreamer: `libgstreamer-1.0.so.0 libgstreamer1.0-0 #MINVER#
 gst_buffer_new@Base 1.0.0
 gst_element_get_current_clock_time@Base 1.18.0
 (arch=!any-i386)gst_new_thing@Base 1.20.0
`,
  glib: `libglib-2.0.so.0 libglib2.0-0 #MINVER#
 g_free@Base 2.12.0
`,
};
/** As `objdump -s` has it: major 1, minor 18. */
const descriptor = ' 12340 01000000 12000000                    ........        \n';

function symbolLine(name: string): string {
  return `    12: 0000000000000000     0 FUNC    GLOBAL DEFAULT  UND ${name}\n`;
}

test('what is of the oldest system is no complaint', () => {
  const needs = needsOf({
    dynamic,
    dynamicSymbols:
      symbolLine('gst_element_get_current_clock_time') +
      symbolLine('g_free') +
      symbolLine('memcpy@GLIBC_2.14 (3)'),
    symbols,
    descriptor,
  });
  assert.deepEqual(needs.libraries, ['libgstreamer-1.0.so.0']);
  assert.equal(needs.newest['GLIBC']?.version, '2.14');
  assert.equal(needs.newest['gstreamer']?.version, '1.18.0');
  assert.equal(needs.descriptor, '1.18');
  assert.deepEqual(tooNew(needs), []);
});

test('a symbol that the oldest system does not have is named, and a plugin made for a newer one', () => {
  const needs = needsOf({
    dynamic,
    dynamicSymbols:
      symbolLine('gst_new_thing') + symbolLine('g_unheard_of') + symbolLine('stat@GLIBC_2.33 (4)'),
    symbols,
    descriptor: ' 12340 01000000 16000000                    ........        \n',
  });
  assert.deepEqual(tooNew(needs), [
    'g_unheard_of is in no symbols file',
    'gst_new_thing is of gstreamer 1.20.0, and 1.18 is promised',
    'stat is of GLIBC 2.33, and 2.31 is promised',
    'the plugin says that it needs GStreamer 1.22, and 1.18 is promised',
  ]);
});
