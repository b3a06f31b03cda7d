import { type Command, Option } from 'commander';
import { addAwsOptions } from '../process/aws-options.ts';
import { guarded } from '../process/guarded.ts';
import { addLogOptions } from '../process/log-options.ts';
import { isoTime, whole } from '../process/parse-options.ts';
import { STREAM_ARGUMENT } from '../process/stream-argument.ts';
import type { PlayOptions } from './play-options.ts';

const EXAMPLES = `
Examples:
    Watch what is being sent, in a browser or in a window:
    $ kvs-launch play door --open
    $ kvs-launch play door --window
    Hand the HLS URL to a player:
    $ mpv "$(kvs-launch play door)"
    Watch five minutes of what is stored:
    $ kvs-launch play door --open --from 2026-11-29T08:00:00Z --to 2026-11-29T08:05:00Z`;

/** `kvs-launch play`: a stream for the eye. */
export function addPlayCommand(program: Command): void {
  const command = program
    .command('play')
    .description('print the HLS URL of a stream, or show it in a browser or a window')
    .argument('<stream>', STREAM_ARGUMENT)
    .option('--open', 'open a player in the browser')
    .option('--window', 'play it in a window, by GStreamer and without HLS')
    .option('--from <time>', 'play what is stored, from this time on', isoTime)
    .option('--to <time>', 'play what is stored, up to this time', isoTime)
    .addOption(
      new Option('--by <clock>', 'whose times --from and --to are')
        .choices(['producer', 'server'])
        .default('producer'),
    )
    .option('--expires <seconds>', 'how long the URL can be used', whole(300, 43_200), 3_600)
    .option('--video-sink <element>', 'where --window shows it', 'autovideosink')
    .option('--audio-sink <element>', 'where --window plays the sound', 'autoaudiosink')
    .option('--json', 'print the URL and when it expires as JSON');
  addLogOptions(addAwsOptions(command))
    .addHelpText('after', EXAMPLES)
    .action(async (stream: string, options: PlayOptions) => {
      const { play } = await import('./play.ts');
      process.exitCode = await guarded(() => play(stream, options));
    });
}
