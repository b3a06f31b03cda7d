import { type OnReadOpts, Socket, type SocketConstructorOpts } from 'node:net';
import { asKvsError, KvsError } from '../errors/kvs-error.ts';
import { atTurnEnd } from '../runtime/turn-end.ts';
import type { HostContext } from './element/host-context.ts';
import { ElementRegistry, type SendMessage } from './element-registry.ts';
import { ElementReader } from './wire/element-reader.ts';
import { encodeHostMessage } from './wire/host-message.ts';
import { ElementMessage, HostMessage } from './wire/wire.ts';

/** Bytes read from the socket at once: offline many frames, live one. */
const READ_BUFFER_BYTES = 1024 * 1024;
/** Errors of a socket whose other end is gone: the same as its end. */
const GONE = new Set(['EPIPE', 'ECONNRESET']);

/**
 * Serves all elements of one GStreamer process over an inherited socket, until the socket ends and
 * everything is settled.
 * @param fd the socketpair's end, 3 when started by the plugin.
 * @returns the exit code.
 */
export function servePlugin(fd: number, context: HostContext): Promise<number> {
  return new Promise((resolve) => {
    let ended = false;
    let unsent: Buffer[] = [];
    // What one turn of the event loop has to say is one write, and wakes the element once.
    const flush = (): void => {
      if (unsent.length === 0) return;
      const [first] = unsent;
      socket.write(unsent.length === 1 && first !== undefined ? first : Buffer.concat(unsent));
      unsent = [];
    };
    const send: SendMessage = (element, event, code, payload) => {
      if (ended) return;
      if (unsent.length === 0) atTurnEnd(flush);
      unsent.push(encodeHostMessage(element, event, code, payload));
    };
    const registry = new ElementRegistry(context, send);
    const reader = new ElementReader((message) => {
      hasOpened = true;
      if (message.type === ElementMessage.ping) send(message.element, HostMessage.pong);
      else registry.push(message);
    });
    const finish = (exitCode: number): void => {
      if (ended) return;
      ended = true;
      flush();
      registry.disconnect().then(() => {
        socket.destroy();
        resolve(exitCode);
      });
    };
    const memory = Buffer.allocUnsafeSlow(READ_BUFFER_BYTES);
    let hasOpened = false;
    const options: SocketConstructorOpts & { onread: OnReadOpts } = {
      fd,
      readable: true,
      writable: true,
      allowHalfOpen: true,
      onread: {
        // The first message, an element's opening, is read alone: what it begins goes out before the
        // frames are looked at that came while Node was starting.
        buffer: () => (hasOpened ? memory : memory.subarray(0, reader.missingBytes)),
        callback: (length) => {
          try {
            reader.push(memory.subarray(0, length));
            return true;
          } catch (error) {
            hasOpened = true;
            registry.abort(asKvsError(error));
            finish(1);
            return false;
          }
        },
      },
    };
    const socket = new Socket(options);
    socket.on('end', () => finish(0));
    socket.on('close', () => finish(0));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (!GONE.has(error.code ?? '')) {
        registry.abort(
          new KvsError(
            'STATUS_INTERNAL_ERROR',
            `The socket to the element failed: ${error.message}`,
            {
              cause: error,
            },
          ),
        );
      }
      finish(0);
    });
    process.once('uncaughtException', (error) => {
      registry.abort(
        new KvsError('STATUS_INTERNAL_ERROR', `The host failed: ${error.message}`, {
          cause: error,
          advice: 'This is a defect of kvs-launch; please report it with the text below.',
        }),
      );
      process.stderr.write(`kvs-launch host: ${error.stack ?? error.message}\n`);
      // What was sent to the element must leave before the process does.
      flush();
      socket.end(() => process.exit(1));
    });
    socket.resume();
  });
}
