import { once } from 'node:events';
import type { Writable } from 'node:stream';

/** Writes the parts at the reader's pace; returns early when the reader is gone. */
export async function writeAll(out: Writable, parts: readonly Uint8Array[]): Promise<void> {
  for (const part of parts) {
    if (out.destroyed) return;
    if (out.write(part)) continue;
    const done = new AbortController();
    const { signal } = done;
    // Whichever comes first takes the other's listener with it.
    await Promise.race([once(out, 'drain', { signal }), once(out, 'close', { signal })]).finally(
      () => done.abort(),
    );
  }
}
