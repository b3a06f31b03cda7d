import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { KvsError } from '../../src/errors/kvs-error.ts';
import { STATUS, type StatusName, type StatusRow } from '../../src/errors/status.ts';
import {
  connectionStructure,
  errorStructure,
  RESOURCE_WRITE,
} from '../../src/host/bus/bus-messages.ts';
import { pipelineAdvice } from '../../src/host/bus/pipeline-advice.ts';
import { inPropertyNames } from '../../src/host/bus/property-names.ts';
import { packageRoot } from '../../src/runtime/package-root.ts';

const statuses = (Object.entries(STATUS) as [StatusName, StatusRow][]).filter(
  ([, { text }]) => text !== '',
);

/** What only code has: a word with a capital inside (but of names of formats and systems), a member, a call. */
const CODE = /\b(?!avcC\b|hvcC\b|macOS\b)(?:(?:[a-z]\w*\.)?[a-z]+[A-Z]\w*(?:\.\w+)?|\w+\(\))/;

/** Verbs that ask for a call of the API, or for one of its arguments. */
const CALL = /^(Call|Pass|Put (a frame|metadata)|Create a new|Make a new|Wait for the promise)/;

/** Fields that no property sets, so that a pipeline's texts never name them; one is the avcC's own. */
const API_ONLY: ReadonlySet<string> = new Set([
  'configurationVersion',
  'deviceInfo.streamCount',
  'maxViewItems',
  'nalAdaptationFlags',
  'segmentUid',
  'trackId',
  'trackInfoList',
]);

function texts(structure: string): string {
  return structure.replace(/\\(.)/g, '$1');
}

describe('a text on the bus names nothing of the API', () => {
  for (const [name, { text }] of statuses) {
    test(name, () => {
      const error = new KvsError(name, text.slice(0, -1));
      for (const structure of [
        errorStructure(RESOURCE_WRITE, error),
        connectionStructure('door', { kind: 'failed', reason: error }),
      ]) {
        assert.doesNotMatch(texts(structure), CODE);
      }
    });
  }

  test('each text that the sources give an error', () => {
    const found: string[] = [];
    const apiOnly = new Set<string>();
    for (const { text, at } of sentencesOfTheCore()) {
      const word = CODE.exec(inPropertyNames(text))?.[0];
      if (word === undefined) continue;
      if (API_ONLY.has(word)) apiOnly.add(word);
      else found.push(`${at}: ${word}: ${text}`);
    }
    assert.deepEqual(found, []);
    assert.deepEqual(apiOnly, API_ONLY);
  });
});

describe('an advice on the bus can be followed without the API', () => {
  for (const [name, { text, advice }] of statuses) {
    if (!CODE.test(inPropertyNames(advice)) && !CALL.test(advice)) continue;
    // What comes of fields that no property sets, as the pipeline's metadata do not.
    if (/METADATA|EVENT/.test(name)) continue;
    test(name, () => {
      const said = pipelineAdvice(new KvsError(name, text));
      assert.notEqual(said, advice);
      assert.doesNotMatch(said, CALL);
    });
  }
});

test('the API keeps its own words', () => {
  const error = new KvsError('STATUS_TRACK_INFO_MISSING', 'Nothing is known of track 1');
  assert.match(error.advice, /setTrackFormat/);
  assert.match(error.describe(), /setTrackFormat/);
});

test("what an error's own advice says is not replaced by the status table's", () => {
  const advice = 'Set stream-format to raw.';
  assert.equal(pipelineAdvice(new KvsError('STATUS_MKV_INVALID_AAC_CPD', 'x', { advice })), advice);
});

/** The string and template literals of the producer's half of src that are sentences. */
function* sentencesOfTheCore(): Generator<{ text: string; at: string }> {
  const source = join(packageRoot, 'src');
  for (const path of readdirSync(source, { recursive: true, encoding: 'utf8' })) {
    const isCore = /^(media|matroska|storage|spool|aws|putmedia|producer|host)\//.test(path);
    if (!isCore || !path.endsWith('.ts') || path.startsWith('host/settings/rows/')) continue;
    const code = readFileSync(join(source, path), 'utf8').replace(/^\s*(\/\/|\/?\*).*$/gm, '');
    for (const [, single, double, template] of code.matchAll(
      /'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`/g,
    )) {
      const text = (single ?? double ?? template ?? '').replace(/\$\{[^}]*\}/g, '5');
      if (/[A-Za-z]\w* \w/.test(text)) yield { text, at: path };
    }
  }
}
