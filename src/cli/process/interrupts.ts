/**
 * Calls back for every signal that asks this process to end, and when the process that forked it
 * with a channel (`kvs-launch rtsp`) is gone without a word: nothing is to go on that nobody watches.
 */
export function onInterrupt(interrupt: () => void): void {
  let isInterrupted = false;
  const handle = (): void => {
    isInterrupted = true;
    interrupt();
  };
  // A terminal that closes, an init system and Ctrl-C all want the same: a clean end.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, handle);
  const orphaned = (): void => {
    // A second interrupt would mean: at once.
    if (!isInterrupted) handle();
  };
  process.once('disconnect', orphaned);
  // It is there to end, not to be waited for.
  process.channel?.unref();
  if (process.connected === false) orphaned();
}
