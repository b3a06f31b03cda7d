import type { Server, Socket } from 'node:net';

/** TCP connections below TLS, by the client's address and port. */
const raw = new Map<string, Socket>();

/** Remembers a server's connections, so that those with TLS can be reset, too. */
export function rememberRawSockets(server: Server): void {
  server.on('connection', (socket: Socket) => {
    const name = nameOf(socket);
    raw.set(name, socket);
    socket.once('close', () => {
      if (raw.get(name) === socket) raw.delete(name);
    });
  });
}

/** Ends a connection with RST: what is on its way, either way, is lost. */
export function resetConnection(socket: Socket): void {
  // A TLS socket refuses: its handle is none of TCP's.
  (raw.get(nameOf(socket)) ?? socket).resetAndDestroy();
  socket.destroy();
}

function nameOf({ localPort, remoteAddress, remotePort }: Socket): string {
  return `${localPort} ${remoteAddress} ${remotePort}`;
}
