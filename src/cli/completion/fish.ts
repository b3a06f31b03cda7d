import type { Option } from 'commander';
import { type CommandRow, takesFiles, valueKind } from '../table/command-table.ts';
import { shortDescription } from './words.ts';

function fishQuote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

/** When the words so far name this command, and none of its subcommands. */
function condition({ path, subcommands }: CommandRow): string {
  const within = path.map((word) => `__fish_seen_subcommand_from ${word}`);
  const names = subcommands.map((sub) => sub.name()).join(' ');
  const outside = names === '' ? [] : [`not __fish_seen_subcommand_from ${names}`];
  return [...within, ...outside].join('; and ');
}

function optionLine(when: string, option: Option): string {
  const value = valueKind(option);
  const parts = [
    `complete -c kvs-launch -n ${fishQuote(when)}`,
    ...(option.short === undefined ? [] : [`-s ${option.short.slice(1)}`]),
    ...(option.long === undefined ? [] : [`-l ${option.long.slice(2)}`]),
    ...(value.kind === 'none' ? [] : ['-r']),
    ...(value.kind === 'choice' ? [`-f -a ${fishQuote(value.choices.join(' '))}`] : []),
    ...(value.kind === 'file' || value.kind === 'folder' ? ['-F'] : []),
    ...(value.kind === 'text' ? ['-f'] : []),
    `-d ${fishQuote(shortDescription(option.description))}`,
  ];
  return parts.join(' ');
}

function rowLines(row: CommandRow): string[] {
  const when = condition(row);
  const commands = row.subcommands.map(
    (sub) =>
      `complete -c kvs-launch -n ${fishQuote(when)} -a ${sub.name()} ` +
      `-d ${fishQuote(shortDescription(sub.description()))}`,
  );
  const choices = row.command.registeredArguments
    .flatMap(({ argChoices }) => argChoices ?? [])
    .map((choice) => `complete -c kvs-launch -n ${fishQuote(when)} -a ${choice}`);
  const files = takesFiles(row) ? [`complete -c kvs-launch -n ${fishQuote(when)} -F`] : [];
  const options = row.options.map((option) => optionLine(when, option));
  return [...commands, ...choices, ...files, ...options];
}

/** A script for fish 3 and later. */
export function fishScript(rows: readonly CommandRow[]): string {
  const lines = ['complete -c kvs-launch -f', ...rows.flatMap(rowLines)];
  return `# Completion of kvs-launch for fish. Made by: kvs-launch completion fish\n${lines.join('\n')}\n`;
}
