import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { SpoolKey } from '../../src/spool/cipher.ts';
import {
  decodeFormatMeta,
  decodeFragmentMeta,
  decodeJournal,
  decodeRecordHead,
  decodeSegmentHeader,
  encodeFormatMeta,
  encodeFragmentMeta,
  encodeJournalEntry,
  encodeRecordHead,
  encodeSegmentHeader,
  type FragmentMeta,
  JournalKind,
  RecordType,
} from '../../src/spool/segment-format.ts';
import { SegmentWriter } from '../../src/spool/segment-writer.ts';
import { temporaryFolder } from './support.ts';

const READER = fileURLToPath(new URL('../../../test/spool/read_spool.py', import.meta.url));

const FRAGMENT: FragmentMeta = {
  formatId: 0x1122334455667788n,
  timecode: 1_700_000_000_123n,
  startNs: 1_700_000_000_123_000_000n,
  endNs: 1_700_000_002_123_000_000n,
  frameCount: 60,
  byteLength: 5,
  timecodeOffset: 12,
  endsWithEofr: true,
  machineStartMs: 1_700_000_000_000,
};

function hex(text: string): string {
  return text.replaceAll(/\s/g, '');
}

test('a segment begins with the 64 bytes that the page describes', () => {
  const bytes = encodeSegmentHeader({ version: 1, sequence: 7, createdMs: 1_700_000_000_000 });
  assert.equal(
    bytes.toString('hex'),
    hex(`4b565353504f4f4c 0100 0000 00000000 0700000000000000 0068e5cf8b010000
         00000000000000000000000000000000 0000000000000000 00000000 373693f7`),
  );
  assert.deepEqual(decodeSegmentHeader(bytes), {
    version: 1,
    sequence: 7,
    createdMs: 1_700_000_000_000,
  });
});

test("a fragment's record begins with 28 bytes of head and 56 of meta", () => {
  const meta = encodeFragmentMeta(FRAGMENT);
  assert.equal(
    meta.toString('hex'),
    hex(`8877665544332211 7b68e5cf8b010000 c0d47e3dfe9c9717 c068b4b4fe9c9717
         3c000000 05000000 0c000000 01 000000 0068e5cf8b010000`),
  );
  const header = {
    type: RecordType.fragment,
    isEncrypted: false,
    metaLength: meta.length,
    bodyLength: 5,
    number: 3,
    bodyCrc: 0x12345678,
  };
  const head = encodeRecordHead(header, meta);
  assert.equal(
    head.subarray(0, 24).toString('hex'),
    hex('4b565352 03 00 3800 05000000 03000000 00000000 78563412'),
  );
  assert.deepEqual(decodeRecordHead(head), { header, meta });
  assert.deepEqual(decodeFragmentMeta(meta), FRAGMENT);
  const unknown = { ...FRAGMENT, machineStartMs: undefined };
  assert.deepEqual(decodeFragmentMeta(encodeFragmentMeta(unknown)), unknown);
});

test('format records and journal entries are what was written into them', () => {
  for (const producerStartMs of [undefined, 0, 1_700_000_000_000]) {
    const format = { formatId: 5n, producerStartMs, timecodeScaleNs: 1_000_000 };
    assert.deepEqual(decodeFormatMeta(encodeFormatMeta(format)), format);
  }
  const entry = { kind: JournalKind.retimed, record: 9, byNs: -3_600_000_000_000n, startMs: 5 };
  const bytes = encodeJournalEntry(entry);
  assert.equal(
    bytes.subarray(0, 36).toString('hex'),
    hex('4b56534a 03 000000 09000000 00000000 006047cfb9fcffff 0500000000000000 00000000'),
  );
  assert.deepEqual(decodeJournal(bytes), [entry]);
});

test('a flipped bit anywhere in a head, a meta or a journal entry is noticed', () => {
  const meta = encodeFragmentMeta(FRAGMENT);
  const head = encodeRecordHead(
    { type: 3, isEncrypted: false, metaLength: meta.length, bodyLength: 5, number: 0, bodyCrc: 1 },
    meta,
  );
  const segment = encodeSegmentHeader({ version: 1, sequence: 1, createdMs: 1 });
  const journal = encodeJournalEntry({ kind: 1, record: 1, byNs: 0n, startMs: 0 });
  const damaged = (bytes: Buffer, bit: number): Buffer => {
    const copy = Buffer.from(bytes);
    copy[bit >> 3] = (copy[bit >> 3] as number) ^ (1 << (bit & 7));
    return copy;
  };
  for (let bit = 0; bit < head.length * 8; bit++) {
    const found = decodeRecordHead(damaged(head, bit));
    assert.ok(found === undefined || found === 'short', `bit ${bit} of a head`);
  }
  for (let bit = 0; bit < segment.length * 8; bit++) {
    assert.equal(decodeSegmentHeader(damaged(segment, bit)), undefined, `bit ${bit} of a segment`);
  }
  for (let bit = 0; bit < journal.length * 8; bit++) {
    assert.deepEqual(decodeJournal(damaged(journal, bit)), [], `bit ${bit} of a journal`);
  }
});

test('a damaged entry of a journal costs no other one', () => {
  const entries = [1, 2, 3].map((record) => ({
    kind: JournalKind.settled,
    record,
    byNs: 0n,
    startMs: 0,
  }));
  const bytes = Buffer.concat(entries.map((entry) => encodeJournalEntry(entry)));
  bytes[50] = 0xff;
  assert.deepEqual(decodeJournal(bytes), [entries[0], entries[2]]);
  assert.deepEqual(decodeJournal(bytes.subarray(0, 110)), [entries[0]]);
});

for (const isEncrypted of [false, true]) {
  test(`a reader that is not ours reads ${isEncrypted ? 'an encrypted' : 'a'} segment`, async (t) => {
    const path = join(temporaryFolder(t), '0000000001.segment');
    const key = Buffer.alloc(32, 7);
    const cipher = isEncrypted ? new SpoolKey(key).newSegment() : undefined;
    const writer = await SegmentWriter.create({
      path,
      sequence: 1,
      createdMs: 1_700_000_000_000,
      cipher,
      syncs: false,
    });
    await writer.append(RecordType.stream, Buffer.from('{"streamName":"door"}'), Buffer.alloc(0));
    const format = { formatId: 0x1122334455667788n, producerStartMs: undefined };
    const header = Buffer.from('a Matroska header');
    const formatMeta = encodeFormatMeta({ ...format, timecodeScaleNs: 1_000_000 });
    await writer.append(RecordType.format, formatMeta, header);
    await writer.append(RecordType.fragment, encodeFragmentMeta(FRAGMENT), Buffer.from('bytes'));
    await writer.close();
    assert.equal(readFileSync(path).includes('Matroska'), !isEncrypted);
    const keys = isEncrypted ? [key.toString('hex')] : [];
    const read: unknown = JSON.parse(
      execFileSync('/usr/bin/python3', [READER, path, ...keys], { encoding: 'utf8' }),
    );
    assert.deepEqual(read, {
      version: 1,
      sequence: 1,
      created_ms: 1_700_000_000_000,
      encrypted: isEncrypted,
      records: [
        { number: 0, stream: { streamName: 'door' } },
        {
          number: 1,
          format: '1122334455667788',
          start_ms: -1,
          scale_ns: 1_000_000,
          body: header.toString('hex'),
        },
        {
          number: 2,
          fragment: '1122334455667788',
          timecode: 1_700_000_000_123,
          start_ns: 1700000000123000000,
          end_ns: 1700000002123000000,
          frames: 60,
          timecode_at: 12,
          eofr: true,
          machine_start_ms: 1_700_000_000_000,
          body: Buffer.from('bytes').toString('hex'),
        },
      ],
    });
  });
}
