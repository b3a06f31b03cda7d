import { EXIT } from './exit-codes.ts';

/**
 * Whoever reads the output may go, and what runs goes on. An output that takes no more for another
 * reason, such as a full disk, is told, and the exit code is not 0.
 */
export function watchOutput(): void {
  process.stderr.on('error', () => {});
  let isTold = false;
  process.stdout.on('error', ({ code, message }: NodeJS.ErrnoException) => {
    if (code === 'EPIPE' || isTold) return;
    isTold = true;
    process.stderr.write(`ERROR: Standard output cannot be written: ${message}\n`);
    process.once('exit', (exitCode) => {
      if (exitCode === EXIT.ok) process.exitCode = EXIT.error;
    });
  });
}
