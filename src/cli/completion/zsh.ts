import type { Option } from 'commander';
import { type CommandRow, namedKind, type ValueKind, valueKind } from '../table/command-table.ts';
import { shellQuote, shortDescription } from './words.ts';

/** `_arguments` gives colons and brackets a meaning. */
function escaped(text: string): string {
  return text.replace(/[\\:[\]]/g, '\\$&');
}

function action(value: ValueKind): string {
  switch (value.kind) {
    case 'choice':
      return `(${value.choices.join(' ')})`;
    case 'file':
      return '_files';
    case 'folder':
      return '_files -/';
    default:
      return ' ';
  }
}

function optionSpecs(option: Option): string[] {
  const value = valueKind(option);
  const text = `[${escaped(shortDescription(option.description))}]`;
  const tail = value.kind === 'none' ? '' : `:value:${action(value)}`;
  return [option.short, option.long]
    .filter((flag) => flag !== undefined)
    .map((flag) => shellQuote(`${flag}${text}${tail}`));
}

function functionName(path: readonly string[]): string {
  return ['_kvs_launch', ...path.map((word) => word.replaceAll('-', '_'))].join('__');
}

function argumentSpecs(row: CommandRow): string[] {
  if (row.subcommands.length > 0) return [`'1: :->command'`, `'*::argument:->argument'`];
  return row.command.registeredArguments.map((argument) => {
    const { argChoices: choices } = argument;
    const kind: ValueKind =
      choices === undefined ? namedKind(argument.name()) : { kind: 'choice', choices };
    return shellQuote(
      `${argument.variadic ? '*' : ''}:${escaped(argument.name())}:${action(kind)}`,
    );
  });
}

function rowFunction(row: CommandRow): string {
  const specs = [...row.options.flatMap(optionSpecs), ...argumentSpecs(row)];
  const describe = row.subcommands.map((sub) =>
    shellQuote(`${sub.name()}:${escaped(shortDescription(sub.description()))}`),
  );
  const cases = row.subcommands.map(
    (sub) => `        ${sub.name()}) ${functionName([...row.path, sub.name()])} && found=0 ;;`,
  );
  const states =
    row.subcommands.length === 0
      ? ''
      : `
  case $state in
    command)
      local -a commands=(
        ${describe.join('\n        ')}
      )
      _describe command commands && found=0 ;;
    argument)
      case $words[1] in
${cases.join('\n')}
        *) _files && found=0 ;;
      esac ;;
  esac`;
  return `${functionName(row.path)}() {
  local state line found=1
  _arguments -C \\
    ${specs.join(' \\\n    ')} && found=0${states}
  return found
}
`;
}

/** A script for zsh 5 and later. */
export function zshScript(rows: readonly CommandRow[]): string {
  return `#compdef kvs-launch
# Completion of kvs-launch for zsh. Made by: kvs-launch completion zsh
${rows.map(rowFunction).join('')}if [[ $funcstack[1] == _kvs-launch ]]; then
  _kvs_launch "$@"
else
  compdef _kvs_launch kvs-launch
fi
`;
}
