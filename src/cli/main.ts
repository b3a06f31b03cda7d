import { CommanderError } from 'commander';
import { withMetricsValue } from './metrics/metrics-address.ts';
import { EXIT } from './process/exit-codes.ts';
import { guarded } from './process/guarded.ts';
import { watchOutput } from './process/standard-output.ts';
import { createProgram } from './program.ts';
import { applySettings } from './settings/apply-settings.ts';
import { takeConfigOption } from './settings/config-option.ts';
import { refuseMisspelt } from './table/misspelt-command.ts';

watchOutput();

const program = createProgram();
let args = withMetricsValue(process.argv.slice(2));
const failed = await guarded(async () => {
  const config = takeConfigOption(args);
  args = [...config.args];
  // Before its options are called unknown.
  refuseMisspelt(args, program);
  await applySettings(program, config.file, process.env);
  return EXIT.ok;
});
process.exitCode = failed || (await runCommand());

/** @returns the exit code, which a command may set later still */
async function runCommand(): Promise<typeof process.exitCode> {
  try {
    await program.parseAsync(args, { from: 'user' });
    return process.exitCode;
  } catch (error) {
    // Help, the version, or a wrong option: commander has printed it.
    if (error instanceof CommanderError) return error.exitCode;
    throw error;
  }
}
