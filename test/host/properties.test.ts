import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { readSettings } from '../../src/host/settings/element-settings.ts';
import { PROPERTIES, type PropertyName } from '../../src/host/settings/properties.ts';
import { documentProperties } from '../../src/host/settings/properties-page.ts';
import type { Row } from '../../src/host/settings/rows/property-row.ts';
import type { ElementConfig, PadConfig } from '../../src/host/wire/wire.ts';
import { DEVICE_DEFAULTS, resolveDeviceInfo } from '../../src/producer/info/device-info.ts';
import { resolveStreamInfo, STREAM_DEFAULTS } from '../../src/producer/info/stream-info.ts';
import { packageRoot } from '../../src/runtime/package-root.ts';

const rows = Object.entries<Row>(PROPERTIES);
const VIDEO: PadConfig = { track: 1, kind: 'video', pad: 'video_0' };
const AUDIO: PadConfig = { track: 2, kind: 'audio', pad: 'audio_0' };

function settingsOf(properties: ElementConfig['properties'], pads = [VIDEO]) {
  return readSettings({ element: 'kvssink0', properties, pads });
}

/** What a new element sends. */
function defaults(): ElementConfig['properties'] {
  const wire = (value: Row['default']) => (typeof value === 'bigint' ? Number(value) : value);
  return Object.fromEntries(rows.map(([name, row]) => [name, wire(row.default)]));
}

/** Hands settings to the core, which checks them. */
function resolve(properties: ElementConfig['properties']) {
  const { stream, storage, client } = settingsOf(properties);
  return {
    stream: resolveStreamInfo(stream, Math.random),
    device: resolveDeviceInfo({ storageInfo: storage, clientInfo: client }),
  };
}

test('docs/2-use/properties.md says what the rows say', () => {
  const page = readFileSync(join(packageRoot, 'docs/2-use/properties.md'), 'utf8');
  assert.equal(page, documentProperties(), 'run node scripts/properties-doc.mjs');
  for (const [name] of rows) assert.match(page, new RegExp(`^### ${name}$`, 'm'));
});

test('no two properties fill the same field', () => {
  const fields = rows.flatMap(([, row]) =>
    row.to === 'element' ? [] : [`${row.to} ${row.field}`],
  );
  assert.deepEqual(fields, [...new Set(fields)]);
});

describe('the API has the defaults of the element', () => {
  const { stream, client, storage } = settingsOf(defaults());
  const ofElement: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
    stream,
    client,
    storage,
  };
  const ofApi: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
    stream: STREAM_DEFAULTS,
    client: DEVICE_DEFAULTS.clientInfo,
    storage: DEVICE_DEFAULTS.storageInfo,
  };
  for (const [name, row] of rows) {
    if (row.to === 'element' || ofApi[row.to] === undefined) continue;
    const { to, field, apiDiffers } = row;
    test(`${name}${apiDiffers === undefined ? '' : ', which differs and says so'}`, () => {
      const ours = ofElement[to]?.[field];
      const apis = ofApi[to]?.[field];
      if (apiDiffers === undefined) assert.deepEqual(ours, apis);
      else assert.notDeepEqual(ours, apis);
    });
  }
});

describe('what the page gives as range is what the core takes', () => {
  for (const [name, row] of rows) {
    if (row.type !== 'uint' || row.range === undefined) continue;
    const [least, greatest] = row.range;
    const given = (value: number) => ({
      'key-frame-fragmentation': false,
      [name]: value,
    });
    test(`${name}: ${least} to ${greatest}`, () => {
      resolve(given(least));
      resolve(given(greatest));
      assert.throws(() => resolve(given(greatest + 1)), /allowed/);
      // 0 may have a meaning of its own.
      if (least > 0 && row.zero === undefined) {
        assert.throws(() => resolve(given(least - 1)), /allowed/);
      }
    });
  }
  for (const [name, row] of rows) {
    if (row.type !== 'uint' || row.range !== undefined || row.to === 'element') continue;
    test(`${name}: any`, () => {
      for (const value of [0, 1, 2 ** 32 - 1]) resolve({ [name]: value });
    });
  }
});

test('0 is the default where the row says so', () => {
  for (const [name, row] of rows) {
    if (row.type !== 'uint' || row.zero !== 'default') continue;
    assert.deepEqual(settingsOf({ [name]: 0 }), settingsOf({}), name);
  }
});

test('a buffer of 0 s is one of 20 s', () => {
  assert.equal(PROPERTIES['buffer-duration'].zero, '20');
  assert.equal(resolve({ 'buffer-duration': 0 }).stream.bufferDurationMs, 20_000);
});

test('a property that is missing, or of another type, has its default', () => {
  const all = settingsOf(defaults());
  const texts = rows.filter(([, { type }]) => type === 'text' || type === 'secret');
  const unset = Object.fromEntries(texts.map(([name]) => [name, null]));
  const wrong = Object.fromEntries(rows.map(([name]) => [name, [] as never]));
  const { host, stream } = settingsOf({ ...defaults(), ...unset });
  assert.deepEqual(settingsOf({}), settingsOf({ ...defaults(), ...unset }));
  assert.deepEqual(settingsOf(wrong).stream, { ...stream });
  assert.equal(host.trackName, 'kinesis_video');
  assert.equal(all.host.timestamps.frameIntervalNs, 40_000_000n);
});

test('values come in the units of the core', () => {
  const { stream, storage, client, credentials, host } = settingsOf({
    'connection-staleness': 7,
    'timecode-scale': 10,
    'storage-size': 2,
    'stop-stream-timeout': 3,
    'rotation-period': 900,
    'metrics-interval': 250,
    'file-start-time': '18446744073709551615',
    'stream-tags': { floor: 2, lit: true, place: 'door' },
  });
  assert.equal(stream.connectionStalenessMs, 7_000);
  assert.equal(stream.timecodeScaleNs, 10_000_000);
  assert.deepEqual(stream.tags, { floor: '2', lit: 'true', place: 'door' });
  assert.equal(storage.storageSize, 2 * 1024 * 1024);
  assert.equal(client.stopStreamTimeoutMs, 3_000);
  assert.equal(credentials.rotationPeriodS, 900);
  assert.equal(host.metricsIntervalMs, 250);
  assert.equal(host.timestamps.fileStartTimeS, 2n ** 64n - 1n);
});

test('a text that is empty, or the one that stands for no value, is left out', () => {
  const { stream, host, connection } = settingsOf({
    'kms-key-id': '',
    'codec-id': 'V_MPEG4/ISO/AVC',
    endpoint: null,
  });
  assert.ok(!('kmsKeyId' in stream));
  assert.ok(!('codecId' in host));
  assert.ok(!('endpoint' in connection));
  assert.equal(settingsOf({ 'codec-id': 'V_AV1' }).host.codecId, 'V_AV1');
});

test('a connection may take no longer than a call', () => {
  const { client } = settingsOf({ 'connection-timeout': 30, 'completion-timeout': 4 });
  assert.equal(client.serviceCallConnectionTimeoutMs, 4_000);
  assert.equal(client.serviceCallCompletionTimeoutMs, 4_000);
});

test('audio alone is cut by duration, under the name audio, and counts at 100 frames a second', () => {
  const { stream, host } = settingsOf({ 'track-name': 'mine' }, [AUDIO]);
  assert.equal(stream.keyFrameFragmentation, false);
  assert.equal(stream.frameRate, 100);
  assert.equal(host.trackName, 'audio');
  assert.equal(settingsOf({ 'track-name': 'mine' }, [VIDEO, AUDIO]).host.trackName, 'mine');
});

test("the machine's clock is corrected only where times are the machine's", () => {
  const clockErrors = (properties: ElementConfig['properties'], startsNow?: boolean) =>
    readSettings({
      element: 'e',
      properties,
      pads: [VIDEO],
      ...(startsNow === undefined ? {} : { startsNow }),
    }).stream.clockErrors;
  const offline = { 'streaming-type': 'offline' } as const;
  assert.equal(clockErrors({ ...offline, 'file-start-time': 1 }), 'ignore');
  assert.equal(clockErrors({ ...offline, 'file-start-time': 1 }, true), 'correct');
  assert.equal(clockErrors({ ...offline, 'absolute-fragment-times': false }), 'correct');
  assert.equal(clockErrors({}), 'correct');
  assert.equal(clockErrors({ 'correct-clock': false }), 'report');
  assert.equal(clockErrors({ 'streaming-type': 'offline' }), 'ignore');
  assert.equal(clockErrors({ 'use-original-pts': true }), 'ignore');
});

test('an offline stream with a start has absolute times', () => {
  const relative = { 'absolute-fragment-times': false, 'streaming-type': 'offline' } as const;
  assert.equal(settingsOf(relative).stream.absoluteFragmentTimes, false);
  const started = settingsOf({ ...relative, 'file-start-time': 1 });
  assert.equal(started.stream.absoluteFragmentTimes, true);
});

test('every row has a text that ends as a sentence does', () => {
  const names: PropertyName[] = [];
  for (const [name, { about, upstream }] of rows) {
    if (!/[.!)]$/.test(about) || (upstream !== undefined && !/^new$|\.$/.test(upstream))) {
      names.push(name as PropertyName);
    }
  }
  assert.deepEqual(names, []);
});
