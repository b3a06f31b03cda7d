import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { HlsSession } from '../../consumer/consumer-options.ts';
import { findProgram } from '../../runtime/find-program.ts';
import { packageRoot } from '../../runtime/package-root.ts';
import { EXIT } from '../process/exit-codes.ts';
import { onInterrupt } from '../process/interrupts.ts';
import { PLAYER_SCRIPT, playerPage } from './player-page.ts';

/**
 * Serves a player on loopback, and opens it in the desktop's browser: most browsers play no HLS by
 * themselves. Serves until an interrupt, with a new session whenever the player has lost one.
 */
export async function playInBrowser(
  stream: string,
  first: HlsSession,
  openSession: () => Promise<HlsSession>,
): Promise<number> {
  const player = await readFile(join(packageRoot, 'dist', 'page', 'hls.min.js'));
  // Other users of this machine, and other sites' pages, do not know it.
  const secret = randomBytes(16).toString('base64url');
  let unused: HlsSession | undefined = first;
  const server = createServer((request, response) => {
    response.setHeader('cache-control', 'no-store');
    response.setHeader('referrer-policy', 'no-referrer');
    switch (request.url) {
      case `/${secret}/`:
        send(response, 'text/html; charset=utf-8', playerPage(stream));
        break;
      case `/${secret}/player.js`:
        send(response, 'text/javascript', PLAYER_SCRIPT);
        break;
      case `/${secret}/hls.js`:
        send(response, 'text/javascript', player);
        break;
      case `/${secret}/session`:
        nextSession()
          .then(({ url }) => send(response, 'application/json', JSON.stringify({ url })))
          .catch((error: Error) => {
            process.stderr.write(`${error.message}\n`);
            response.statusCode = 502;
            send(response, 'application/json', JSON.stringify({ message: error.message }));
          });
        break;
      default:
        response.statusCode = 404;
        send(response, 'text/plain', 'Not found\n');
    }
  });
  /** Whoever asks again has lost the one before: it has expired, or had to make room for others. */
  const nextSession = async (): Promise<HlsSession> => {
    const session = unused ?? (await openSession());
    unused = undefined;
    return session;
  };
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  const address = `http://127.0.0.1:${port}/${secret}/`;
  process.stdout.write(`${address}\n`);
  openAddress(address);
  process.stderr.write('The player is served until Ctrl-C\n');
  await new Promise<void>((resolve) => onInterrupt(resolve));
  server.close();
  server.closeAllConnections();
  return EXIT.ok;
}

/** What opens an address in the user's browser; `start` is the shell's own on Windows. */
const OPENERS: Readonly<Record<string, readonly [program: string, ...args: string[]]>> = {
  darwin: ['open'],
  win32: ['cmd', '/c', 'start', '""'],
};

function openAddress(address: string): void {
  const [program, ...args] = OPENERS[process.platform] ?? ['xdg-open'];
  if (findProgram(program) === undefined) {
    process.stderr.write('There is no xdg-open (package xdg-utils): open the address yourself\n');
    return;
  }
  const child = spawn(program, [...args, address], { stdio: 'ignore', detached: true });
  child.once('error', () => {});
  child.once('exit', (code) => {
    if (code !== 0) process.stderr.write('No browser could be opened: open the address yourself\n');
  });
  child.unref();
}

function send(response: ServerResponse, type: string, body: string | Buffer): void {
  response.setHeader('content-type', type);
  response.end(body);
}
