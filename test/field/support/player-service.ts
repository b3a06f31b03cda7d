// One Chromium for all test files of a run, which scripts/test.mjs starts. Prints its address and plays
// what it is asked to (GET /?url=…) until its standard input ends.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startChromiumPlayer } from './chromium-player.ts';

const player = await startChromiumPlayer();
const server = createServer((request, response) => {
  const url = new URL(request.url ?? '/', 'http://localhost').searchParams.get('url') ?? '';
  player.play(url).then(
    (played) => response.end(JSON.stringify(played)),
    (error: unknown) => response.writeHead(500).end(String(error)),
  );
});
server.listen(0, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
});
process.stdin.resume().on('end', () => {
  void player.close().finally(() => process.exit());
});
