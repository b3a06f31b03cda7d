import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAwsAccess } from '../../../src/aws/aws-access.ts';
import { createSigner } from '../../../src/aws/signing/signer.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { silentLogger } from '../../../src/runtime/logger.ts';

/**
 * One process of the benchmark `aws`: does so many of the steps and prints, as JSON, when it was done
 * and what memory it holds. The steps build on one another.
 */
const STEPS: readonly (() => Promise<void>)[] = [
  async () => {},
  async () => {
    access = await createAwsAccess({
      credentials: { accessKey: 'AKID', secretKey: 'SECRET' },
      connectTimeoutMs: 5_000,
      completionTimeoutMs: 10_000,
      endpoint: `http://127.0.0.1:${port}`,
      env: {},
      clock: systemClock,
      random: Math.random,
      log: silentLogger,
    });
  },
  async () => {
    await createSigner({ region: 'us-west-2' })({
      method: 'POST',
      url: new URL('https://s-1.kinesisvideo.us-west-2.amazonaws.com/putMedia'),
      headers: {},
      body: undefined,
      credentials: { accessKeyId: 'AKID', secretAccessKey: 'SECRET' },
      date: new Date(),
    });
  },
  async () => {
    access?.agents.agentFor(new URL('https://s-1.kinesisvideo.us-west-2.amazonaws.com/'));
  },
  async () => {
    await access?.controlPlane.getDataEndpoint({ streamName: 'cam' });
  },
  async () => {
    const { fromIni } = await import('@aws-sdk/credential-providers');
    await fromIni({ profile: 'none' })().catch(() => {});
  },
];

let access: Awaited<ReturnType<typeof createAwsAccess>> | undefined;
const server = createServer((request, response) => {
  request.resume();
  response.setHeader('content-type', 'application/json');
  response.end('{"DataEndpoint":"https://s-1.kinesisvideo.us-west-2.amazonaws.com"}');
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const { port } = server.address() as AddressInfo;

const last = Number(process.argv[2]);
for (const step of STEPS.slice(0, last + 1)) await step();
const sinceStartMs = performance.now();
const pss = /^Pss:\s+(\d+) kB/m.exec(readFileSync('/proc/self/smaps_rollup', 'utf8'))?.[1];
console.log(
  JSON.stringify({
    sinceStartMs,
    rssMiB: process.memoryUsage.rss() / 2 ** 20,
    pssMiB: Number(pss) / 1024,
  }),
);
process.exit(0);
