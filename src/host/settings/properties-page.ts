import { PROPERTIES } from './properties.ts';
import { CONNECTION_ROWS } from './rows/connection.ts';
import { DELIVERY_ROWS } from './rows/delivery.ts';
import { MEDIA_ROWS } from './rows/media.ts';
import type { Row, Rows, Unit } from './rows/property-row.ts';
import { REPORT_ROWS } from './rows/reports.ts';
import { SPOOL_ROWS } from './rows/spool.ts';
import { STREAM_ROWS } from './rows/stream.ts';

const WIDTH = 120;

const INTRODUCTION = `# Properties

All properties of kvssink, with upstream's behaviour (kvssink 3.6.0) where it differs. Properties that upstream has too
have the same type, range and default here, so command lines need no change.

This page is generated from the rows in \`src/host/settings/rows/\` by \`node scripts/properties-doc.mjs\`.

**May change** states when a property can be set:

- *NULL*: before the element starts. In any other state, a new value is accepted and can be read back, and takes effect
  when the stream is next opened, after READY or NULL. Upstream reads all its properties except \`use-original-pts\` and
  \`get-kvs-metrics\` at NULL→READY.
- *PLAYING*: at any time, with immediate effect.

**Range** is what the service and the producer accept. GStreamer itself accepts any number from 0 to 4294967295
(\`file-start-time\`: to 18446744073709551615); a value out of range is an error on the bus when the element starts, which
names the value and its limits. *any* means that every such number is accepted.
`;

const SECTIONS: readonly (readonly [title: string, rows: Rows])[] = [
  ['Stream', STREAM_ROWS],
  ['Connection and credentials', CONNECTION_ROWS],
  ['Media and times', MEDIA_ROWS],
  ['Buffer, faults and the end', DELIVERY_ROWS],
  ['Spool', SPOOL_ROWS],
  ['Metrics and logs', REPORT_ROWS],
];

const READ_ONLY = `## Read-only

### stats

The latest metrics as a GstStructure, \`kvs-metrics\` ([bus-messages.md](../3-program/bus-messages.md)), with
\`bridge-frames-dropped\` and \`bridge-bytes-dropped\`: frames dropped because the queue to the producer was full.

Upstream: no such property.
`;

const API_INTRODUCTION = `## Defaults of the API

The defaults for programs that use the producer directly (\`StreamInfo\` and related types) are those of the element,
except:

| property | element | API |
| --- | --- | --- |
`;

const TYPE_NAMES: Readonly<Record<Row['type'], string>> = {
  text: 'string',
  secret: 'string, secret',
  flag: 'boolean',
  uint: 'uint',
  uint64: 'uint64',
  choice: 'enum',
  structure: 'GstStructure',
  texts: 'GstStructure of strings',
};

/** docs/2-use/properties.md, from the rows. */
export function documentProperties(): string {
  return [
    INTRODUCTION,
    ...SECTIONS.map(([title, rows]) => section(title, rows)),
    READ_ONLY,
    API_INTRODUCTION + differences().join('\n'),
    '',
  ].join('\n');
}

function section(title: string, rows: Rows): string {
  const all = Object.entries(rows);
  const lines = all.map(
    ([name, row]) =>
      `| [${name}](#${name}) | ${TYPE_NAMES[row.type]} | ${unitOf(row)} | ${rangeOf(row)} | ${defaultOf(row)} | ${row.live ? 'PLAYING' : 'NULL'} |`,
  );
  return [
    `## ${title}`,
    '',
    '| property | type | unit | range | default | may change |',
    '| --- | --- | --- | --- | --- | --- |',
    ...lines,
    '',
    ...all.map(([name, row]) => entry(name, row)),
  ].join('\n');
}

function entry(name: string, row: Row): string {
  const zero = zeroOf(row);
  const paragraphs = [
    wrap(row.about + (zero === undefined ? '' : ` \`0\`: ${zero}.`)),
    ...(row.type === 'choice' ? [valuesOf(row.values)] : []),
    ...(row.upstream === undefined ? [] : [wrap(upstreamOf(row.upstream))]),
  ];
  return [`### ${name}`, ...paragraphs].map((paragraph) => `${paragraph}\n`).join('\n');
}

function upstreamOf(text: string): string {
  return `Upstream: ${text === 'new' ? 'no such property.' : text}`;
}

function valuesOf(values: Readonly<Record<string, string>>): string {
  const lines = Object.entries(values).map(([nick, text]) => wrap(`- \`${nick}\`: ${text}`, '  '));
  return lines.join('\n');
}

function unitOf(row: Row): string {
  return 'unit' in row && row.unit !== undefined ? row.unit : '';
}

function rangeOf(row: Row): string {
  if (row.type === 'uint') return row.range === undefined ? 'any' : row.range.join(' to ');
  return row.type === 'uint64' ? '0 to 9223372036' : '';
}

function zeroOf(row: Row): string | undefined {
  if (row.type !== 'uint' && row.type !== 'uint64') return undefined;
  if (row.zero === undefined) return undefined;
  if (row.zero === 'default') return `the default, ${amount(String(row.default), row.unit)}`;
  return /^\d+$/.test(row.zero) ? amount(row.zero, row.unit) : row.zero;
}

function amount(number: string, unit: Unit | undefined): string {
  if (unit === undefined) return number;
  return `${number} ${number === '1' ? unit.replace(/s$/, '') : unit}`;
}

function defaultOf(row: Row): string {
  if (row.type === 'uint64' && row.made !== undefined) return row.made;
  return row.default === null ? 'none' : `\`${row.default}\``;
}

function differences(): string[] {
  return Object.entries<Row>(PROPERTIES)
    .filter(([, { apiDiffers }]) => apiDiffers !== undefined)
    .map(
      ([name, row]) =>
        `| [${name}](#${name}) | ${defaultOf(row)} ${unitOf(row)} | ${row.apiDiffers} |`,
    )
    .map((line) => line.replaceAll('  ', ' '));
}

/** Breaks a text into lines. */
function wrap(text: string, indent = ''): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = indent + word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line].join('\n');
}
