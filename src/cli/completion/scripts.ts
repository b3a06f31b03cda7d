import type { Command } from 'commander';
import { commandTable } from '../table/command-table.ts';
import { bashScript } from './bash.ts';
import { fishScript } from './fish.ts';
import { zshScript } from './zsh.ts';

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;

/** A shell that there is a completion script for. */
export type Shell = keyof typeof SCRIPTS;

/** The script of a shell for all commands and options of the program. */
export function completionScript(program: Command, shell: Shell): string {
  return SCRIPTS[shell](commandTable(program));
}
