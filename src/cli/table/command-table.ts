import type { Command, Option } from 'commander';

/** A command, with what the help shows of it; the first row is kvs-launch itself. */
export type CommandRow = {
  /** Words behind `kvs-launch`: `['spool', 'send']`. */
  readonly path: readonly string[];
  readonly command: Command;
  readonly options: readonly Option[];
  readonly subcommands: readonly Command[];
};

/**
 * All commands in the order of the help, each in front of its subcommands: what the man page, the
 * completion scripts and the schema of the configuration file are made from.
 */
export function commandTable(command: Command, path: readonly string[] = []): CommandRow[] {
  const help = command.createHelp();
  // It explains the others, and has nothing to explain.
  const subcommands = help.visibleCommands(command).filter((sub) => sub.name() !== 'help');
  return [
    { path, command, options: help.visibleOptions(command), subcommands },
    ...subcommands.flatMap((sub) => commandTable(sub, [...path, sub.name()])),
  ];
}

/** What the value of an option or argument is, as its name in the help says. */
export type ValueKind =
  | { readonly kind: 'none' }
  | { readonly kind: 'choice'; readonly choices: readonly string[] }
  | { readonly kind: 'file' }
  | { readonly kind: 'folder' }
  | { readonly kind: 'text' };

/** The kind of an option's value. */
export function valueKind(option: Option): ValueKind {
  if (option.isBoolean() || option.negate) return { kind: 'none' };
  if (option.argChoices !== undefined) return { kind: 'choice', choices: option.argChoices };
  return namedKind(/[<[]([^>\]]*)/.exec(option.flags)?.[1] ?? '');
}

/** The kind of what is called so in the help: `file`, `directory`, … */
export function namedKind(name: string): ValueKind {
  if (/^(file|path)s?\b/.test(name)) return { kind: 'file' };
  if (/^(folder|directory|dir)s?\b/.test(name)) return { kind: 'folder' };
  return { kind: 'text' };
}

/** Whether a command's arguments are files or folders. */
export function takesFiles({ command }: CommandRow): boolean {
  return command.registeredArguments.some((argument) => namedKind(argument.name()).kind !== 'text');
}
