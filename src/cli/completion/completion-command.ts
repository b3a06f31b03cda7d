import { Argument, type Command } from 'commander';
import type { Shell } from './scripts.ts';

const ADVICE = `
Examples:
    $ source <(kvs-launch completion bash)
    $ kvs-launch completion zsh > "\${fpath[1]}/_kvs-launch"
    $ kvs-launch completion fish > ~/.config/fish/completions/kvs-launch.fish`;

/** `kvs-launch completion <shell>`: a script that makes a shell complete commands and options. */
export function addCompletionCommand(program: Command): void {
  program
    .command('completion')
    .description('print a completion script for a shell')
    .addArgument(new Argument('<shell>', 'the shell').choices(['bash', 'zsh', 'fish']))
    .addHelpText('after', ADVICE)
    .action(async (shell: Shell) => {
      const { completionScript } = await import('./scripts.ts');
      process.stdout.write(completionScript(program, shell));
    });
}
