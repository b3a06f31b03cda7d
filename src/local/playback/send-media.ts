import type { ServerResponse } from 'node:http';

/** Answers a player with media, or with what leads to it. */
export function sendMedia(
  response: ServerResponse,
  type: string,
  parts: readonly Uint8Array[],
): void {
  response.writeHead(200, {
    'content-type': type,
    'content-length': parts.reduce((sum, part) => sum + part.length, 0),
    'cache-control': 'no-store',
  });
  for (const part of parts) response.write(part);
  response.end();
}
