// Runs a 2 s pipeline again and again, each time in both ways, against a service in this process.
//   node dist/scripts/soak.js [--runs 50]
// Every run must exit with 0 and leave all of its frames; the first that does not ends the script.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { findNativeFiles } from '../src/host/native/native-files.ts';
import { startLocalService } from '../src/local/service.ts';
import {
  LOCAL_ACCESS_KEY_ID,
  LOCAL_SECRET_ACCESS_KEY,
} from '../src/local/sigv4/credential-store.ts';
import { packageRoot } from '../src/runtime/package-root.ts';
import { listFragments } from '../test/support/list-fragments.ts';

const FRAMES = 60;
const PIPELINE =
  `videotestsrc is-live=true num-buffers=${FRAMES} ! video/x-raw,width=320,height=240,framerate=30/1 ! ` +
  'x264enc tune=zerolatency key-int-max=30 ! h264parse ! kvssink';

const { values } = parseArgs({ options: { runs: { type: 'string', default: '50' } } });
const runs = Number(values.runs);
const dataDir = mkdtempSync(join(tmpdir(), 'kvs-launch-soak-'));
const service = await startLocalService({ dataDir });

const WAYS: Readonly<Record<string, readonly [command: string, ...args: string[]]>> = {
  'gst-launch-1.0': ['gst-launch-1.0'],
  'kvs-launch': [process.execPath, join(packageRoot, 'bin', 'kvs-launch.js')],
};

/** One run: its exit code or signal, and what it printed. */
function run(way: string, stream: string): Promise<{ outcome: number | string; output: string }> {
  const [command, ...args] = WAYS[way] ?? ['false'];
  const child = spawn(command, [...args, ...PIPELINE.split(' '), `stream-name=${stream}`], {
    env: {
      ...process.env,
      GST_PLUGIN_PATH: findNativeFiles().pluginFolder,
      CONTROL_PLANE_URI: service.url,
      AWS_ACCESS_KEY_ID: LOCAL_ACCESS_KEY_ID,
      AWS_SECRET_ACCESS_KEY: LOCAL_SECRET_ACCESS_KEY,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stdio of [child.stdout, child.stderr]) {
    stdio.on('data', (text: Buffer) => {
      output += text.toString();
    });
  }
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ outcome: code ?? signal ?? '?', output }));
  });
}

/** Frames that the service has of a stream. */
async function storedFrames(name: string): Promise<number> {
  const fragments = await listFragments(service.streams.byName(name)?.fragments);
  return fragments.reduce((sum, { frames }) => sum + frames, 0);
}

let failures = 0;
for (const way of Object.keys(WAYS)) {
  const startedMs = performance.now();
  for (let turn = 1; turn <= runs && failures === 0; turn++) {
    const stream = `soak-${way}-${turn}`;
    const { outcome, output } = await run(way, stream);
    const frames = await storedFrames(stream);
    if (outcome !== 0 || frames !== FRAMES || /SIGSEGV|CRITICAL|core dumped/.test(output)) {
      console.error(`${way}, run ${turn}: exit ${outcome}, ${frames} frames\n${output}`);
      failures++;
    }
  }
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(0);
  if (failures === 0) console.log(`${way}: ${runs} runs, exit code 0 each, ${seconds} s`);
}
await service.close();
rmSync(dataDir, { recursive: true, force: true });
process.exitCode = failures === 0 ? 0 : 1;
