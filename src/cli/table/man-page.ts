import type { Argument, Command, Option } from 'commander';
import { type CommandRow, commandTable } from './command-table.ts';
import { ENVIRONMENT, EXIT_CODES } from './facts.ts';

/** Text as roff takes it: no line begins with a control character, and a minus is one. */
function roff(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^([.'])/gm, '\\&$1');
}

function optionEntry(option: Option): string {
  const details = [
    ...(option.argChoices === undefined ? [] : [`One of: ${option.argChoices.join(', ')}.`]),
    ...(isShown(option.defaultValue) ? [`Default: ${String(option.defaultValue)}.`] : []),
  ];
  const text = [sentence(option.description), ...details].join(' ');
  return `.TP\n\\fB${roff(option.flags)}\\fR\n${roff(text)}\n`;
}

function isShown(value: unknown): boolean {
  return value !== undefined && value !== false && !(Array.isArray(value) && value.length === 0);
}

function sentence(text: string): string {
  const first = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(first) ? first : `${first}.`;
}

function argumentEntry(argument: Argument): string {
  return `.TP\n\\fI${roff(argument.name())}\\fR\n${roff(sentence(argument.description))}\n`;
}

function commandSection({ path, command, options, subcommands }: CommandRow): string {
  const usage =
    `.PP\n\\fBkvs\\-launch ${roff(path.join(' '))}\\fR ${roff(command.usage())}`.trimEnd();
  const parts = subcommands.length > 0 ? [] : command.registeredArguments.map(argumentEntry);
  return [
    `.SS ${roff(path.join(' '))}\n${roff(sentence(command.description()))}\n${usage}\n`,
    ...parts,
    ...options.filter(({ long }) => long !== '--help').map(optionEntry),
  ].join('');
}

function entries(rows: readonly (readonly [string, string])[]): string {
  return rows.map(([name, text]) => `.TP\n\\fB${roff(name)}\\fR\n${roff(text)}\n`).join('');
}

/**
 * The man page kvs-launch(1), as roff with the macros of man(7).
 * @param date of the release, such as 2026-11-29.
 */
export function manPage(program: Command, date: string): string {
  const [first, ...rest] = commandTable(program);
  if (first === undefined) return '';
  return `.TH KVS\\-LAUNCH 1 "${date}" "kvs\\-launch ${program.version() ?? ''}" "User Commands"
.SH NAME
kvs\\-launch \\- run a GStreamer pipeline that streams to Amazon Kinesis Video Streams
.SH SYNOPSIS
\\fBkvs\\-launch\\fR ${roff(program.usage())}
.br
\\fBkvs\\-launch\\fR \\fIcommand\\fR [options]
.SH DESCRIPTION
${roff(program.description())}
.SH OPTIONS
${first.options.map(optionEntry).join('')}.SH COMMANDS
${rest.map(commandSection).join('')}.SH ENVIRONMENT
${entries(ENVIRONMENT)}.SH EXIT STATUS
${entries(EXIT_CODES)}.SH SEE ALSO
\\fBgst\\-launch\\-1.0\\fR(1), \\fBgst\\-inspect\\-1.0\\fR(1)
`;
}
