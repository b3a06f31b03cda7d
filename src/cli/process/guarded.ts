import { KvsError } from '../../errors/kvs-error.ts';
import { EXIT } from './exit-codes.ts';

const PORT_TAKEN =
  'Something is already listening there, perhaps another kvs-launch local. Use another port with --port (or ' +
  '--tls-port); 0 is any free one.';

/** An error of ours is a sentence and what to do, not a stack. */
export async function guarded(run: () => Promise<number>): Promise<number> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof KvsError) {
      process.stderr.write(`ERROR: ${error.message}${error.advice ? `\n${error.advice}` : ''}\n`);
    } else if (error instanceof Error && 'code' in error) {
      const advice = error.code === 'EADDRINUSE' ? `${PORT_TAKEN}\n` : '';
      process.stderr.write(`ERROR: ${error.message}\n${advice}`);
    } else {
      throw error;
    }
    return EXIT.error;
  }
}
