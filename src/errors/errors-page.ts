import { STATUS, type StatusName, type StatusRow } from './status.ts';

const INTRODUCTION = `# Errors

Every error of this project is a \`KvsError\`: \`code\` and \`status\` are the name and number below, which are those of
Amazon's producer libraries; \`message\` says what happened and with which value, \`advice\` what to do about it, and
\`cause\` holds the underlying error. On GStreamer's bus and in logs, an error reads
\`what happened [STATUS_NAME 0x52000010] What to do.\`

This page is generated from the table in \`src/errors/status/\` by \`node scripts/errors-doc.mjs\`.
`;

/** docs/2-use/errors.md, from the table. */
export function documentErrors(): string {
  const rows = Object.entries(STATUS) as [StatusName, StatusRow][];
  const raised = rows.filter(([, { text }]) => text !== '');
  const others = rows.filter(([, { text }]) => text === '');
  const lines = raised.map(
    ([name, { value, text, advice }]) =>
      `| \`${numberOf(value)}\` | \`${name}\` | ${text} | ${advice} |`,
  );
  const names = others.map(([name, { value }]) => `| \`${numberOf(value)}\` | \`${name}\` |`);
  return [
    INTRODUCTION,
    '## Errors that can occur',
    '',
    '| number | name | meaning | what to do |',
    '| --- | --- | --- | --- |',
    ...lines,
    '',
    '## Known by name only',
    '',
    'Names and numbers from Amazon’s libraries that are not raised here.',
    '',
    '| number | name |',
    '| --- | --- |',
    ...names,
    '',
  ].join('\n');
}

function numberOf(value: number): string {
  return `0x${value.toString(16).padStart(8, '0')}`;
}
