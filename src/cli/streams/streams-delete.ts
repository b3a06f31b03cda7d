import { isConfirmed } from '../process/confirm.ts';
import { EXIT } from '../process/exit-codes.ts';
import { streamOf } from '../process/stream-argument.ts';
import { retentionText } from './stream-report.ts';
import { patiently, type StreamsOptions, withControlPlane } from './with-control-plane.ts';

/** Options of `kvs-launch streams delete`. */
export type DeleteOptions = StreamsOptions & { readonly yes?: boolean };

/** `kvs-launch streams delete`: once that is confirmed, and if the stream is still the one described. */
export function deleteStream(stream: string, options: DeleteOptions): Promise<number> {
  return withControlPlane(options, async ({ administration }) => {
    const { name, arn, version, retentionHours } = await patiently(() =>
      administration.describe(streamOf(stream)),
    );
    const media = retentionHours === 0 ? '' : ` and the media of ${retentionText(retentionHours)}`;
    const question = `Delete stream ${name} (${arn})${media}?`;
    if (options.yes !== true && !(await isConfirmed(question))) {
      process.stderr.write('Nothing was deleted.\n');
      return EXIT.error;
    }
    await patiently(() => administration.delete(arn, version));
    process.stderr.write(`${name}: deleted\n`);
    return EXIT.ok;
  });
}
