import { type Command, Option } from 'commander';

/** What `addLogOptions` makes commander read. */
export type LogOptions = {
  readonly logFile?: string;
  readonly logLevel?: string;
};

/** Gives a command the options of the log. */
export function addLogOptions(command: Command): Command {
  return command
    .option('--log-file <path>', 'append the log to this file as JSON lines; - for standard error')
    .addOption(
      new Option('--log-level <level>', 'level of the log (default: info)').choices([
        'error',
        'warning',
        'info',
        'debug',
      ]),
    );
}

/** The environment that `openJsonLog` reads, with what was given on the command line in front. */
export function logEnvironment(
  { logFile, logLevel }: LogOptions,
  env: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string | undefined>> {
  return {
    ...env,
    ...(logFile === undefined ? {} : { KVS_LOG_FILE: logFile }),
    ...(logLevel === undefined ? {} : { KVS_LOG_LEVEL: logLevel }),
  };
}
