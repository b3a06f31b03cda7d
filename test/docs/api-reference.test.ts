import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { packageRoot } from '../../src/runtime/package-root.ts';
import { readPage } from './pages.ts';

// A script, which tsc does not compile: its place is known, its types are these.
const { referencePages } = (await import(
  join(packageRoot, 'scripts', 'lib', 'reference-pages.mjs')
)) as { referencePages: () => Map<string, string> };

describe('the reference of the API', () => {
  const pages = referencePages();

  for (const [file, text] of pages) {
    it(`${file} is what the doc comments say; if not, run npm run docs:api`, () => {
      assert.equal(readPage(join('docs', '3-program', 'reference', file)), text);
    });
  }

  it('has every declaration, its comments and its fields, and nothing private', () => {
    const text = pages.get('producer.md') ?? '';
    assert.match(text, /^### MediaSource$/m);
    assert.match(text, /^ {2}readonly retentionHours\?: number;$/m);
    assert.match(text, /^Something that produces encoded frames/m);
    assert.match(text, /^See also .*\[MediaSink\]\(#mediasink\)/m);
    assert.doesNotMatch(text, /#private|@internal|STATUS_MKV_INVALID_FRAME_DATA:/);
  });

  it('says what an entry has in common with the first instead of saying it again', () => {
    assert.match(pages.get('consumer.md') ?? '', /\[KvsError\]\(producer\.md#kvserror\)/);
    assert.doesNotMatch(pages.get('consumer.md') ?? '', /^### KvsError$/m);
  });
});
