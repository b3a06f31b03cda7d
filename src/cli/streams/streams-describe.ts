import { EXIT } from '../process/exit-codes.ts';
import { streamOf } from '../process/stream-argument.ts';
import { printJson } from '../process/table.ts';
import { reportOf, retentionText } from './stream-report.ts';
import { allTags } from './streams-tags.ts';
import { patiently, type StreamsOptions, withControlPlane } from './with-control-plane.ts';

/** `kvs-launch streams describe`: all that the service knows of a stream, its tags too. */
export function describe(stream: string, options: StreamsOptions): Promise<number> {
  return withControlPlane(options, async ({ administration }) => {
    const details = reportOf(await patiently(() => administration.describe(streamOf(stream))));
    const tags = await allTags(administration, streamOf(stream));
    if (options.json === true) {
      printJson({ ...details, tags });
      return EXIT.ok;
    }
    const rows: (readonly [name: string, value: string | undefined])[] = [
      ['name', details.name],
      ['ARN', details.arn],
      ['status', details.status],
      ['created', details.created],
      ['retention', retentionText(details.retentionHours)],
      ['media type', details.mediaType],
      ['device', details.deviceName],
      ['KMS key', details.kmsKeyId],
      ['version', details.version],
      ...Object.entries(tags).map(([key, value]) => [`tag ${key}`, value] as const),
    ];
    const width = Math.max(...rows.map(([name]) => name.length));
    for (const [name, value] of rows) {
      process.stdout.write(`${name.padEnd(width)}  ${value ?? '-'}\n`);
    }
    return EXIT.ok;
  });
}
