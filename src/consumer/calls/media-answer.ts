import type { IncomingMessage } from 'node:http';
import { networkError } from '../../aws/network/network-error.ts';
import { KvsError } from '../../errors/kvs-error.ts';
import type { Clock } from '../../runtime/clock.ts';

/** What an answer is read with. */
export type AnswerOptions = {
  /** The operation, e.g. `GetMedia`. */
  readonly operation: string;
  readonly host: string;
  /** Without a byte for so long while one is waited for, the connection is given up. */
  readonly idleMs: number;
  readonly clock: Clock;
};

/**
 * The body of an answer of 200, read as it is taken: what is not taken waits in the socket, and stops
 * the sender. The time that the reader takes between two chunks does not count as idle; a connection
 * that is lost meanwhile is found by the next chunk, one that is silent by the idle time after it.
 */
export class MediaAnswer implements AsyncIterable<Buffer> {
  readonly #response: IncomingMessage;
  readonly #options: AnswerOptions;

  constructor(response: IncomingMessage, options: AnswerOptions) {
    this.#response = response;
    this.#options = options;
    // An answer may be lost before it is its turn to be read. Without a listener, why is forgotten.
    response.on('error', () => {});
  }

  /** Gives up what was not read. */
  close(): void {
    this.#response.destroy();
  }

  /** @throws KvsError when the connection is lost, or silent */
  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer, void, undefined> {
    const { operation, host, idleMs, clock } = this.#options;
    const chunks = this.#response[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    try {
      for (;;) {
        const timer = clock.after(idleMs, () => {
          this.#response.destroy(timeoutError(`no byte within ${idleMs / 1_000} s`));
        });
        const { done, value } = await chunks.next().finally(() => timer.cancel());
        if (done === true) return;
        yield value;
      }
    } catch (error) {
      throw error instanceof KvsError ? error : networkError(operation, host, error);
    } finally {
      this.close();
    }
  }
}

/** As networkError knows one. */
export function timeoutError(text: string): Error {
  const error = new Error(text);
  error.name = 'TimeoutError';
  return error;
}
