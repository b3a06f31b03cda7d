import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Observation } from '../../src/cli/status/observation.ts';
import { statusMode } from '../../src/cli/status/status-options.ts';
import { receiveStatus } from '../../src/cli/status/status-receiver.ts';
import { startLocalService } from '../../src/local/service.ts';
import { asTyped, demoPipeline, startPipeline } from './pipeline.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const { values } = readArguments();

/** What was typed; an option that is not there is said, and no stack trace. */
function readArguments() {
  try {
    return parseArgs({
      options: { seconds: { type: 'string' }, port: { type: 'string' }, data: { type: 'string' } },
    });
  } catch (error) {
    console.error(`${(error as Error).message}. There are --seconds, --port and --data.`);
    process.exit(2);
  }
}

function positiveInteger(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (Number.isInteger(number) && number > 0) return number;
  console.error(`--${name} wants a whole number above 0, not ${JSON.stringify(text)}.`);
  process.exit(2);
}

const seconds = positiveInteger('seconds', values.seconds);
const port = positiveInteger('port', values.port);
const key = { accessKeyId: 'AKIDLOCALDEMO', secretAccessKey: 'local-demo-secret' };
const dataDir = values.data ?? join(root, '.kvs-local', 'demo');
mkdirSync(dataDir, { recursive: true });

const service = await startLocalService({
  dataDir,
  port: port ?? 0,
  credentials: new Map([[key.accessKeyId, { secretAccessKey: key.secretAccessKey }]]),
}).catch((error: Error) => {
  console.error(`The local service cannot start: ${error.message}`);
  if (port !== undefined) console.error('Without --port it takes any port that is free.');
  process.exit(1);
});
const args = demoPipeline(seconds);
console.log(`\nRunning  gst-launch-1.0 ${asTyped(args)}`);
const address = `${service.url}/#demo`;
console.log(`Watch at ${process.stdout.isTTY ? `\x1b[1m${address}\x1b[0m` : address}`);
console.log(seconds === undefined ? 'Ctrl-C ends it.\n' : `It ends after ${seconds} s.\n`);

// The same figures and the same lines as those of kvs-launch --status.
const figures = await receiveStatus();
const isTerminal = process.stderr.isTTY === true;
const mode = isTerminal ? statusMode({}, process.env, true) : undefined;
const observation = await Observation.start(
  figures,
  mode ?? { kind: 'plain', intervalMs: 1000 },
  {},
  process.env,
);
const pipeline = startPipeline(
  args,
  {
    ...process.env,
    ...figures.env,
    GST_PLUGIN_PATH: join(root, 'build', 'Release', 'gstreamer-1.0'),
    KVS_NODE: process.execPath,
    CONTROL_PLANE_URI: service.url,
    AWS_ACCESS_KEY_ID: key.accessKeyId,
    AWS_SECRET_ACCESS_KEY: key.secretAccessKey,
  },
  (line) => {
    if (/^(ERROR|WARNING)|^Additional debug info/.test(line)) {
      observation.write('stderr', `${line}\n`);
    }
  },
);

// One Ctrl-C arrives twice, from the terminal and from npm, so what follows at once is the same one.
const SAME_INTERRUPT_MS = 500;
let interruptedMs: number | undefined;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    const nowMs = performance.now();
    if (interruptedMs === undefined) {
      interruptedMs = nowMs;
      const text = 'Ending: sending what is buffered, waiting until it is persisted.';
      observation.write('stderr', `\n${text}\n`);
      pipeline.stop();
    } else if (nowMs - interruptedMs > SAME_INTERRUPT_MS) {
      pipeline.kill();
    }
  });
}

const exitCode = await pipeline.ended;
observation.end();
await figures.close();
await service.close();
console.log(
  exitCode === 0
    ? `Ended cleanly; everything is persisted in ${dataDir}`
    : `gst-launch-1.0 ended with exit code ${exitCode}.`,
);
process.exitCode = exitCode;
