import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, test } from 'node:test';
import { packageRoot } from '../../src/runtime/package-root.ts';
import { pipelineEnvironment, start } from '../e2e/support/run.ts';
import { storedFrames } from '../e2e/support/stored.ts';
import { startService, temporaryFolder } from '../local/support/service.ts';
import { commandsOf, PAGES } from './pages.ts';

const FRAMES = 30;
const CAMERA = `videotestsrc is-live=true num-buffers=${FRAMES}`;

/** What becomes of a command: it runs here, in another test, or not, for a reason. */
type Treatment =
  /** Runs here, with these words in place of the camera. */
  | { readonly camera: string; readonly instead: string }
  /** Another test does the same; its file has this text. */
  | { readonly test: string; readonly text: string }
  /** What a test would need that not every machine has. */
  | { readonly needs: 'root' | 'network' | 'hardware' | 'docker' | 'a terminal' };

const V4L2 = 'v4l2src device=/dev/video0 do-timestamp=true';

const TREATMENTS: readonly [command: RegExp, treatment: Treatment][] = [
  // Pipelines whose camera can be taken by a test picture.
  [/^(npx kvs-launch|gst-launch-1\.0) videotestsrc/, videotestsrc()],
  [/^kvs-launch videotestsrc is-live=true ! video/, videotestsrc()],
  [/^kvs-launch v4l2src .*! video\/x-h264,/, { camera: V4L2, instead: `${CAMERA} ! x264enc` }],
  [/^kvs-launch v4l2src .*! image\/jpeg,/, { camera: V4L2, instead: `${CAMERA} ! jpegenc` }],
  [/^kvs-launch v4l2src .*! video\/x-raw,/, { camera: V4L2, instead: CAMERA }],
  [/^kvs-launch libcamerasrc .*! x264enc/, { camera: 'libcamerasrc', instead: CAMERA }],
  // What other tests do.
  [/^kvs-launch (streams|put|get) /, usePages()],
  [/^ffmpeg -i rtsp:\/\/camera\/ .*\| kvs-launch put /, usePages()],
  [/^kvs-launch play door --open/, { test: 'test/cli/play/play.test.ts', text: "'--open'" }],
  [/^kvs-launch play door --window/, { test: 'test/cli/play/play.test.ts', text: "'--window'" }],
  [/^mpv /, { test: 'test/cli/play/play.test.ts', text: 'HLS URL alone, which ffprobe reads' }],
  [/^ffmpeg .* -i INPUT /, recipe('-i INPUT')],
  [/^ffmpeg .* -listen 1 /, recipe('-listen 1')],
  [/^kvs-launch rtsp --stream-name garden/, recipe("'garden'")],
  [/^python3 frames\.py/, recipe('rawvideoparse')],
  [/^gst-launch-1\.0 v4l2src .*spool-directory/, spool('record')],
  [/^openssl rand /, spool('makeKey')],
  [/^kvs-launch spool /, spool('list, send, drop')],
  [/^gst-launch-1\.0 … ! kvssink/, { test: 'test/e2e/settings.test.ts', text: 'stream-tags=tags' }],
  [
    /^KVS_CONFORMANCE_REGION=/,
    { test: 'test/interop/conformance/world.ts', text: 'KVS_CONFORMANCE_REGION' },
  ],
  // A maintainer's, who sees what comes of them.
  [/^npm (test|run|pkg) /, { needs: 'a terminal' }],
  [/^git clone … /, { needs: 'network' }],
  [/^aws iot /, { needs: 'network' }],
  [/^(npm audit signatures|cosign |identity=https|issuer=https)/, { needs: 'network' }],
  [/^kvs-launch nvarguscamerasrc /, { needs: 'hardware' }],
  [/^npm run demo$/, { test: 'test/e2e/demo.test.ts', text: 'npm run demo' }],
  [/^npm pack$/, { test: 'test/package/working-copy.test.ts', text: "'npm', 'pack'" }],
  [/^npm install \/path\/to\//, { test: 'test/package/package.test.ts', text: "'install'" }],
  [/^(npx )?kvs-launch local$/, { test: 'test/package/package.test.ts', text: "'local'" }],
  [/^npx kvs-launch --help$/, { test: 'test/cli/commands.test.ts', text: "'--help'" }],
  [/^kvs-launch --version$/, { test: 'test/cli/commands.test.ts', text: "'--version'" }],
  [
    /^npx kvs-launch build-native$/,
    { test: 'test/package/package.test.ts', text: "'build-native'" },
  ],
  [
    /^gst-inspect-1\.0 kvssink$/,
    { test: 'test/package/package.test.ts', text: "'gst-inspect-1.0', ['kvssink']" },
  ],
  [/^export GST_PLUGIN_PATH=/, { test: 'test/package/package.test.ts', text: "'--plugin-path'" }],
  [
    /^STREAM_NAME=door kvs-launch rtsp/,
    { test: 'test/e2e/network-camera.test.ts', text: "'rtsp'" },
  ],
  [/^kvs-launch rtspsrc location/, { test: 'test/e2e/rtsp.test.ts', text: 'rtspsrc location' }],
  // `npm test` is what runs this.
  [/^npm test$/, { test: 'scripts/test.mjs', text: "README's test command" }],
  // What follows is set where the commands behind it run.
  [/^export (PATH|NODE_OPTIONS)=/, { needs: 'a terminal' }],
  [/^(devices=|for path in \/dev)/, { needs: 'hardware' }],
  [/^kvs-launch libcamerasrc .*! v4l2h264enc/, { needs: 'hardware' }],
  [/^kvs-launch … !/, { needs: 'hardware' }],
  [/^docker(-compose)? /, { needs: 'docker' }],
  [/^sudo npm install/, { needs: 'network' }],
  [/^(sudo|journalctl) /, { needs: 'root' }],
];

function usePages(): Treatment {
  return { test: 'test/docs/use-commands.test.ts', text: "['streams', 'put', 'get']" };
}

function recipe(text: string): Treatment {
  return { test: 'test/docs/recipes.test.ts', text };
}

function spool(text: string): Treatment {
  return { test: 'test/docs/spool-commands.test.ts', text };
}

function videotestsrc(): Treatment {
  return { camera: 'videotestsrc is-live=true', instead: CAMERA };
}

function treatmentOf(command: string): Treatment | undefined {
  return TREATMENTS.find(([pattern]) => pattern.test(command))?.[1];
}

const commands = [...new Set(PAGES.flatMap(commandsOf))];

test('every shell command of every page runs in a test, or has a reason not to', () => {
  assert.ok(commands.length > 80, `${commands.length} commands`);
  assert.deepEqual(
    commands.filter((command) => treatmentOf(command) === undefined),
    [],
  );
  const unused = TREATMENTS.filter(
    ([pattern]) => !commands.some((command) => pattern.test(command)),
  );
  assert.deepEqual(
    unused.map(([pattern]) => pattern.source),
    [],
  );
});

test('each test that is said to run a command is there, and has it', () => {
  for (const [, treatment] of TREATMENTS) {
    if (!('test' in treatment)) continue;
    const path = join(packageRoot, treatment.test);
    assert.ok(existsSync(path), treatment.test);
    const { test: file, text } = treatment;
    assert.ok(readFileSync(path, 'utf8').includes(text), `${file} has no ${text}`);
  }
});

describe('pipelines run as they stand on the page, but for the camera', () => {
  for (const command of commands) {
    const treatment = treatmentOf(command);
    if (treatment === undefined || !('camera' in treatment)) continue;
    it(command, async (t) => {
      const service = await startService(t);
      assert.ok(command.includes(treatment.camera), 'the camera is another one');
      const line = command.replace(treatment.camera, treatment.instead).replace(/^npx /, '');
      const programs = join(temporaryFolder(t), 'bin');
      mkdirSync(programs);
      symlinkSync(join(packageRoot, 'bin', 'kvs-launch.js'), join(programs, 'kvs-launch'));
      const env = pipelineEnvironment(service.url, {
        PATH: `${programs}:${process.env['PATH']}`,
      });
      const { code, stderr } = await start(t, 'sh', ['-c', line], env).finished;
      assert.equal(code, 0, stderr);
      const [, name = ''] = /stream-name=([\w-]+)/.exec(line) ?? [];
      assert.equal((await storedFrames(service, name)).length, FRAMES);
    });
  }
});
