import { type CommandRow, takesFiles, type ValueKind, valueKind } from '../table/command-table.ts';
import { flagsOf, shellQuote } from './words.ts';

/** What compgen is asked for. */
function compgen(value: ValueKind): string {
  switch (value.kind) {
    case 'choice':
      return `-W ${shellQuote(value.choices.join(' '))}`;
    case 'file':
      return '-f';
    case 'folder':
      return '-d';
    default:
      // Nobody knows what it may be.
      return "-W ''";
  }
}

/** The cases of words behind a command whose value is to be completed. */
function valueCases({ path, options }: CommandRow): string[] {
  return options
    .map((option) => ({ flags: flagsOf(option), value: valueKind(option) }))
    .filter(({ value }) => value.kind !== 'none')
    .map(({ flags, value }) => {
      const cases = flags.map((flag) => shellQuote(`${path.join(' ')}:${flag}`)).join(' | ');
      return `    ${cases}) _kvs_launch_reply ${compgen(value)}; return ;;`;
    });
}

function wordCase(row: CommandRow): string {
  const { path, options, subcommands, command } = row;
  const words = [...subcommands.map((sub) => sub.name()), ...options.flatMap(flagsOf)];
  const choices = command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []);
  const files = takesFiles(row) ? ' files=1' : '';
  return `    ${shellQuote(path.join(' '))}) words=${shellQuote([...words, ...choices].join(' '))}${files} ;;`;
}

/** A script for bash 4 and later. */
export function bashScript(rows: readonly CommandRow[]): string {
  const paths = rows
    .filter(({ path }) => path.length > 0)
    .map(({ path }) => {
      const at = `${path.slice(0, -1).join(' ')}/${path.at(-1)}`;
      return `      ${shellQuote(at)}) path=${shellQuote(path.join(' '))} ;;`;
    });
  return `# Completion of kvs-launch for bash. Made by: kvs-launch completion bash
_kvs_launch_reply() {
  mapfile -t COMPREPLY < <(compgen "$@" -- "$cur")
}
_kvs_launch() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} path='' words='' files='' word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$path/$word" in
${paths.join('\n')}
    esac
  done
  case "$path:$prev" in
${rows.flatMap(valueCases).join('\n')}
  esac
  case "$path" in
${rows.map(wordCase).join('\n')}
  esac
  _kvs_launch_reply -W "$words"
  if [[ -n $files && $cur != -* ]]; then
    local names
    mapfile -t names < <(compgen -f -- "$cur")
    COMPREPLY+=("\${names[@]}")
  fi
}
complete -o filenames -F _kvs_launch kvs-launch
`;
}
