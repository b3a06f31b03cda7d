import { KvsError } from '../../errors/kvs-error.ts';
import { isConfirmed } from '../process/confirm.ts';
import { EXIT } from '../process/exit-codes.ts';
import { streamOf } from '../process/stream-argument.ts';
import { printJson } from '../process/table.ts';
import { retentionText } from './stream-report.ts';
import { patiently, type StreamsOptions, withControlPlane } from './with-control-plane.ts';

/** Options of `kvs-launch streams retention`; of the first three at most one is given. Hours. */
export type RetentionOptions = StreamsOptions & {
  readonly set?: number;
  readonly increase?: number;
  readonly decrease?: number;
  readonly yes?: boolean;
};

/** `kvs-launch streams retention`: prints the retention period, after changing it if asked to. */
export function retention(stream: string, options: RetentionOptions): Promise<number> {
  return withControlPlane(options, async (controlPlane) => {
    const { retentionHours, version, streamName } = await patiently(() =>
      controlPlane.describeStream(streamOf(stream)),
    );
    const changeHours = changeOf(options, retentionHours);
    const hours = retentionHours + changeHours;
    if (hours < 0) {
      throw new KvsError(
        'STATUS_INVALID_ARG',
        `Stream ${streamName} retains ${retentionHours} hours, which cannot be decreased by ${-changeHours}`,
      );
    }
    if (changeHours < 0 && options.yes !== true) {
      const question = `Shorten the retention of stream ${streamName} from ${retentionText(retentionHours)} to ${retentionText(hours)}, and delete what is older?`;
      if (!(await isConfirmed(question))) {
        process.stderr.write('Nothing was changed.\n');
        return EXIT.error;
      }
    }
    if (changeHours !== 0) {
      await patiently(() =>
        controlPlane.updateDataRetention(streamOf(stream), {
          currentVersion: version,
          operation: changeHours > 0 ? 'INCREASE' : 'DECREASE',
          hours: Math.abs(changeHours),
        }),
      );
    }
    if (options.json === true) printJson({ name: streamName, retentionHours: hours });
    else process.stdout.write(`${hours}\n`);
    return EXIT.ok;
  });
}

function changeOf({ set, increase = 0, decrease = 0 }: RetentionOptions, hours: number): number {
  return set === undefined ? increase - decrease : set - hours;
}
