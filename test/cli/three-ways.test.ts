// The same command line under gst-launch-1.0 -e, under kvs-launch with gstreamer-superficial, and
// under kvs-launch where that is not installed: the same texts and exit codes.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { packageRoot } from '../../src/runtime/package-root.ts';
import { decodedFrames } from '../e2e/support/framecrc.ts';
import { pipelineEnvironment, type Running, start, words } from '../e2e/support/run.ts';
import { fragmentFiles } from '../e2e/support/stored.ts';
import { startService, temporaryFolder } from '../local/support/service.ts';

const KVS_LAUNCH = [process.execPath, join(packageRoot, 'bin', 'kvs-launch.js')];
const PRELOAD = join(import.meta.dirname, 'support', 'without-superficial.js');
const WITHOUT_SUPERFICIAL = { NODE_OPTIONS: `--import=${PRELOAD}` };

const WAYS = {
  plain: { command: ['gst-launch-1.0', '-e', '--no-position'], env: {} },
  superficial: { command: KVS_LAUNCH, env: {} },
  separate: { command: KVS_LAUNCH, env: WITHOUT_SUPERFICIAL },
} as const;
type Way = keyof typeof WAYS;

type Outcome = { readonly code: number | null; readonly out: string[]; readonly err: string[] };

/** What is said, in no order: both streams come from several threads. */
function sentences(text: string, noise = /^$/): string[] {
  const lines = text.split('\n').filter((line) => line && !noise.test(line));
  const comparable = lines.map((line) =>
    line
      .replace(/\d:\d\d:\d\d\.\d+$|#\d+/, 'N')
      // The type that kvssink has where it is registered by the addon.
      .replace('GstKvsSinkNode', 'GstKvsSink')
      // The values are many, and their order is not fixed: what is told is compared.
      .replace(/^(Got message .*?\)): .*|^(\/GstPipeline.*?) = .*/, '$1$2'),
  );
  return [...new Set(comparable)].sort();
}

function run(
  t: TestContext,
  way: Way,
  line: string,
  url: string | undefined,
  more: NodeJS.ProcessEnv = {},
): Running {
  const { command, env } = WAYS[way];
  const [program = '', ...args] = [...command, ...words(line)];
  return start(t, program, args, pipelineEnvironment(url, { ...env, LC_ALL: 'C', ...more }));
}

async function outcome(running: Running): Promise<Outcome> {
  const { code, stdout, stderr } = await running.finished;
  return {
    code,
    out: sentences(stdout),
    // superficial prints what it throws, too; kvs-launch alone gives advice.
    err: sentences(stderr, /^GstError:|gst-inspect-1\.0 lists|apt-get install/),
  };
}

const WAY_NAMES = Object.keys(WAYS) as Way[];

const SINK =
  'video/x-raw,width=160,height=120 ! x264enc tune=zerolatency speed-preset=ultrafast key-int-max=10 ! h264parse ! kvssink stream-name=x';

const LINES = {
  'a pipeline to its end': [`videotestsrc num-buffers=30 ! ${SINK}`, 0],
  quiet: [`-q videotestsrc num-buffers=30 ! ${SINK}`, 0],
  messages: [`-m videotestsrc num-buffers=30 ! ${SINK}`, 0],
  verbose: [`-v -X stats videotestsrc num-buffers=30 ! ${SINK}`, 0],
  'a syntax error': [`videotestsrc ! ! ${SINK}`, 1],
  'an unknown element': [`videotestsrc ! nosuchelement ! ${SINK}`, 1],
  'an unknown property': [`videotestsrc nosuchproperty=1 ! ${SINK}`, 1],
  'a value that is none': [`videotestsrc pattern=yellowish ! ${SINK}`, 1],
  'elements that cannot be linked': ['videotestsrc ! audioconvert ! kvssink stream-name=x', 1],
  'a file that is not there': ['filesrc location=/absent ! h264parse ! kvssink stream-name=x', 255],
  'an error in the middle': [`videotestsrc is-live=true ! identity error-after=20 ! ${SINK}`, 1],
} as const;

for (const [name, [line, code]] of Object.entries(LINES)) {
  test(`${name}: the same texts and exit code ${code} in all three ways`, async (t) => {
    const { url } = await startService(t);
    const [plain, superficial, separate] = await Promise.all(
      WAY_NAMES.map((way) => outcome(run(t, way, line, url))),
    );
    assert.equal(plain?.code, code, plain?.err.join('\n'));
    assert.deepEqual(superficial, plain, 'with gstreamer-superficial');
    assert.deepEqual(separate, plain, 'without gstreamer-superficial');
  });
}

test('without gstreamer-superficial and gst-launch-1.0 it runs in kvs-launch all the same', async (t) => {
  const { url } = await startService(t);
  const env = pipelineEnvironment(url, { ...WITHOUT_SUPERFICIAL, PATH: temporaryFolder(t) });
  const [node = '', ...args] = [...KVS_LAUNCH, ...words(LINES['a pipeline to its end'][0])];
  const { code, stdout, stderr } = await start(t, node, args, env).finished;
  assert.equal(code, 0, stdout + stderr);
  assert.match(stdout, /Got EOS/);
});

test('--profile and --gst-debug reach the host of a separate gst-launch-1.0', async (t) => {
  const { url } = await startService(t);
  const line = `--profile nobody --gst-debug=kvssink:4 ${LINES['a pipeline to its end'][0]}`;
  const env = { XDG_CACHE_HOME: temporaryFolder(t) };
  // The second time with compiled code that the first one has left: it loads AWS's SDK all the same.
  for (let i = 0; i < 2; i++) {
    const { code, stderr } = await run(t, 'separate', line, url, env).finished;
    assert.equal(code, 1);
    assert.match(stderr, /profile "nobody"/);
    assert.match(stderr, /credentials \[provider:profile:nobody\]/);
    assert.doesNotMatch(stderr, /ExperimentalWarning/);
  }
});

const KVS_LAUNCH_WAYS = ['superficial', 'separate'] as const;
const LIVE = `videotestsrc is-live=true ! ${SINK}`;

for (const way of KVS_LAUNCH_WAYS) {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    test(`${way}: ${signal} ends the stream and waits for it, exit code 0`, async (t) => {
      const service = await startService(t);
      const running = run(t, way, LIVE, service.url);
      while (fragmentFiles(service, 'x').length === 0) await setTimeout(20);
      running.child.kill(signal);
      const { code, stdout, stderr } = await running.finished;
      assert.equal(code, 0, stdout + stderr);
      assert.match(stdout, /Waiting for EOS.*Got EOS from element "pipeline0".*Freeing/s);
    });
  }

  test(`${way}: a second interrupt ends it at once, with exit code 130`, async (t) => {
    // Frames that nobody takes: an end in order would wait for them.
    const sink = '! identity silent=false ! kvssink stop-stream-timeout=3';
    const line = `-v ${LIVE.replace('! kvssink', sink)}`;
    const running = run(t, way, line, 'http://127.0.0.1:9');
    await running.printed(/identity0: last-message = chain.*\n.*identity0: last-message = chain/);
    running.child.kill('SIGINT');
    await running.printed(/Waiting for EOS/);
    running.child.kill('SIGINT');
    // Of a separate gst-launch-1.0 the host is left, and goes on for three seconds.
    const [code] = await once(running.child, 'exit');
    assert.equal(code, 130);
  });
}

test('separate: a kvs-launch that is killed takes gst-launch-1.0 along, and the host sends the rest', async (t) => {
  const service = await startService(t);
  // It would end by itself after 20 s, but with a last word.
  const line = LIVE.replace('is-live=true', 'is-live=true num-buffers=600');
  const running = run(t, 'separate', line, service.url);
  while (fragmentFiles(service, 'x').length === 0) await setTimeout(20);
  running.child.kill('SIGKILL');
  // Finished is it when nobody holds the output any more.
  const { stdout } = await running.finished;
  assert.doesNotMatch(stdout, /Got EOS/);
  const files = fragmentFiles(service, 'x');
  const decoded = await Promise.all(files.map((file) => decodedFrames([file])));
  assert.ok(decoded.every((frames) => frames > 0));
});
