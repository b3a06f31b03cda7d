const settled = Promise.resolve();

/**
 * Calls back at the end of what the event loop is doing now, before it looks for I/O again. As
 * process.nextTick, which costs more.
 */
export function atTurnEnd(callback: () => void): void {
  void settled.then(callback);
}
