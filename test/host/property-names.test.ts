import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { KvsError } from '../../src/errors/kvs-error.ts';
import { errorStructure, RESOURCE_WRITE } from '../../src/host/bus/bus-messages.ts';
import { inPropertyNames } from '../../src/host/bus/property-names.ts';
import { readSettings } from '../../src/host/settings/element-settings.ts';
import { PROPERTIES } from '../../src/host/settings/properties.ts';
import type { Row } from '../../src/host/settings/rows/property-row.ts';
import { resolveDeviceInfo } from '../../src/producer/info/device-info.ts';
import { resolveStreamInfo } from '../../src/producer/info/stream-info.ts';

const rows = Object.entries<Row>(PROPERTIES);
/** What no property is called. */
const FIELD = /\b[a-z]+[A-Z]\w*/;

/** What the bus says where the core does not take a property's value. */
function refusal(name: string, value: unknown): string {
  // fragment-duration counts where key frames do not.
  const others = { 'stream-name': 'door', 'key-frame-fragmentation': false };
  const properties = { ...others, [name]: value } as never;
  const { stream, storage, client } = readSettings({ element: 'kvssink0', properties, pads: [] });
  try {
    resolveStreamInfo(stream, Math.random);
    resolveDeviceInfo({ storageInfo: storage, clientInfo: client });
  } catch (error) {
    assert.ok(error instanceof KvsError);
    return errorStructure(RESOURCE_WRITE, error).replace(/\\(.)/g, '$1');
  }
  return assert.fail(`${name}=${value} was taken`);
}

describe('a text on the bus has the name of the property', () => {
  for (const [name, row] of rows) {
    if (row.to === 'element') continue;
    test(name, () => {
      const said = inPropertyNames(`${row.field} is 5; 6 is allowed. Set it to 6.`);
      assert.ok(said.startsWith(name), said);
      assert.doesNotMatch(said, FIELD);
    });
  }

  for (const [name, row] of rows) {
    if (row.type !== 'uint' || row.range === undefined) continue;
    const { range, times = 1 } = row;
    test(`where the core refuses a value of ${name}`, () => {
      const text = refusal(name, range[1] + 1);
      assert.match(text, new RegExp(`${name}( in \\w+)? is ${(range[1] + 1) * times}; `));
      assert.doesNotMatch(text, FIELD);
    });
  }

  for (const [name, value] of [
    ['stream-name', 'a b'],
    ['stream-name', 'x'.repeat(257)],
    ['stream-arn', 'arn'],
    ['stream-tags', Object.fromEntries(Array.from({ length: 51 }, (_, n) => [`t${n}`, 'x']))],
    ['kms-key-id', 'x'.repeat(2_049)],
    ['content-type', 'x'.repeat(129)],
  ] as const) {
    test(`where the core refuses ${name} ${String(value).slice(0, 10)}`, () => {
      const text = refusal(name, value);
      assert.ok(text.includes(`text=(string)"${name}`), text);
      assert.doesNotMatch(text, FIELD);
    });
  }
});

test('a text that names no field stays as it is', () => {
  for (const text of ['The socket broke', 'The stream has tags', 'STATUS_X', 'a url', '']) {
    assert.equal(inPropertyNames(text), text);
  }
});
