import type { AbortSignalLike } from '../../runtime/abort-signal-like.ts';

/** A signal that follows others, until it is released. */
export type JoinedSignal = { readonly signal: AbortSignal; release(): void };

/** Makes one that is aborted as soon as one of the others is. */
export function joinSignals(...others: readonly (AbortSignalLike | undefined)[]): JoinedSignal {
  const controller = new AbortController();
  const given = others.filter((other) => other !== undefined);
  const abort = (): void => {
    const reason = given.find(({ aborted }) => aborted)?.reason;
    controller.abort(reason);
  };
  for (const other of given) other.addEventListener('abort', abort);
  if (given.some(({ aborted }) => aborted)) abort();
  return {
    signal: controller.signal,
    release() {
      for (const other of given) other.removeEventListener('abort', abort);
    },
  };
}

/** A promise, or the signal's reason as soon as it is aborted: what nobody can cut is left to itself. */
export async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  let abort = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort);
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
