import { type Command, InvalidArgumentError, Option } from 'commander';
import { addAwsOptions } from '../process/aws-options.ts';
import { guarded } from '../process/guarded.ts';
import type { DoctorOptions } from './doctor.ts';

/** `kvs-launch doctor`: what keeps a pipeline from streaming, and what mends it. */
export function addDoctorCommand(program: Command): void {
  const command = program
    .command('doctor')
    .description('check this machine, its way to the service, and a pipeline')
    .argument(
      '[pipeline...]',
      'a pipeline with kvssink: it plays for a moment, and nothing is sent',
    )
    .option(
      '--stream-name <name>',
      'stream that the calls are tried with (default: the pipeline’s)',
    )
    .option('--send', 'also send 4 MiB to the stream, to try PutMedia and measure the line')
    .option('--duration <seconds>', 'how long the pipeline plays', seconds, 5)
    .option('--json', 'print the findings as JSON')
    .addOption(new Option('--probe <milliseconds>').hideHelp().argParser(Number));
  addAwsOptions(command).action(async (pipeline: string[], options: DoctorOptions) => {
    if (options.probe !== undefined) {
      const { probe } = await import('./probe/probe-child.ts');
      return probe(pipeline, options.probe);
    }
    const { doctor } = await import('./doctor.ts');
    process.exitCode = await guarded(() => doctor(pipeline, options, process.env));
  });
}

function seconds(text: string): number {
  const value = Number(text);
  if (!(value >= 1 && value <= 60)) {
    throw new InvalidArgumentError('It must be a number of seconds from 1 to 60.');
  }
  return value;
}
