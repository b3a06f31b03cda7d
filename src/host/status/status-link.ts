import { connect } from 'node:net';
import type { Clock } from '../../runtime/clock.ts';
import type { StatusWatch } from './status-watch.ts';

const SEND_INTERVAL_MS = 1_000;

/**
 * Sends the figures of this process's streams as JSON lines to the Unix socket at `path`
 * (KVS_STATUS_SOCKET), where kvs-launch listens: each second, and when a stream has closed.
 * Nobody there, or nobody who reads: the streams go on undisturbed.
 */
export function sendStatus(watch: StatusWatch, path: string, clock: Clock): void {
  const socket = connect(path).unref();
  socket.on('error', () => {});
  const send = (): void => {
    if (socket.writable && socket.writableLength === 0) {
      socket.write(`${JSON.stringify(watch.read())}\n`);
    }
  };
  const sendLater = (): void => {
    clock.after(SEND_INTERVAL_MS, () => {
      send();
      if (!socket.destroyed) sendLater();
    });
  };
  sendLater();
  watch.onClosed(send);
}
