import { closeSync, openSync } from 'node:fs';

/**
 * Calls back for every signal that asks this process to end.
 * @param reload is called for SIGHUP instead, for a process that reads its configuration again then;
 * the SIGHUP of a terminal that has closed means the end all the same.
 */
export function onInterrupt(interrupt: () => void, reload?: () => void): void {
  // A terminal that closes, an init system and Ctrl-C all want the same: a clean end.
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
  const hadTerminal = hasTerminal();
  process.on('SIGHUP', () => {
    if (reload === undefined || (hadTerminal && !hasTerminal())) interrupt();
    else reload();
  });
}

/** Whether a terminal controls this process; one that was closed does so no more. */
function hasTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'));
    return true;
  } catch {
    return false;
  }
}
