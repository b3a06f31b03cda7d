// What the image must do, tried with real containers.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { framesBelow, startService, until } from '../lib/local-service.mjs';
import { root } from '../lib/run.mjs';
import { licencesMissingIn } from './contents.mjs';
import { undoAtEnd } from './ending.mjs';
import { docker, dockerLater, dockerResult, dockerTry } from './engine.mjs';

/** From a source to kvssink, with a fragment a second. */
function encoder(fps) {
  return (
    `video/x-raw,width=320,height=240,framerate=${fps}/1 ! x264enc bframes=0 key-int-max=${fps}` +
    ' tune=zerolatency speed-preset=ultrafast ! h264parse ! kvssink'
  );
}

/** As examples/compose and the quadlets in examples/systemd run it. */
const HARDENED = '--read-only --tmpfs=/tmp --cap-drop=ALL --security-opt=no-new-privileges'.split(
  ' ',
);

/** Everything a check has to work with; containers it starts are removed after it. */
function bench(image, architecture, service, isEmulated) {
  const containers = [];
  const folder = mkdtempSync(join(tmpdir(), 'kvs-launch-image-'));
  chmodSync(folder, 0o777);
  const removeAll = undoAtEnd(async () => {
    for (const id of containers) dockerTry(['rm', '-f', '-v', id]);
    rmSync(folder, { recursive: true, force: true });
  });
  const options = (env) => [
    ...['--network=host', `--platform=linux/${architecture}`],
    ...Object.entries({ ...service.env, ...env }).flatMap(([key, value]) => [
      '-e',
      `${key}=${value}`,
    ]),
  ];
  return {
    image,
    architecture,
    service,
    /** For containers to write to; it is removed afterwards. */
    folder,
    frames: isEmulated ? 50 : 250,
    fps: isEmulated ? 5 : 25,
    /** Emulated, a container takes a minute to start and half of one to stop on a busy machine. */
    patienceMs: isEmulated ? 300_000 : 60_000,
    graceSeconds: isEmulated ? 120 : 30,
    stallSeconds: isEmulated ? 120 : 30,
    /** Runs a container to its end, which must be a good one. */
    run: async (args, more = []) => {
      const all = ['run', '--rm', ...options({}), ...more, image, ...args];
      const { status, output } = await dockerLater(all);
      assert.equal(status, 0, `docker ${all.join(' ')}\n${output.slice(-3000)}`);
      return output;
    },
    /** Starts a container that goes on. */
    start: (args, env = {}, more = []) => {
      const id = docker(['run', '-d', ...options(env), ...more, image, ...args]);
      containers.push(id);
      return id;
    },
    /** What the container that was started last has printed. */
    lastLogs: () => (containers.length > 0 ? logs(containers.at(-1)).slice(-2000) : ''),
    removeAll,
  };
}

function exec(id, ...command) {
  return dockerLater(['exec', id, ...command]);
}

/** Stops as a user would; the exit code must be that of a clean end. */
async function stopCleanly(id, graceSeconds) {
  await dockerLater(['stop', '-t', String(graceSeconds), id]);
  const state = docker(['inspect', '-f', '{{.State.ExitCode}} {{.State.OOMKilled}}', id]);
  assert.equal(state, '0 false', `${state}\n${logs(id).slice(-2000)}`);
}

function logs(id) {
  const { stdout, stderr } = dockerResult(['logs', id]);
  return `${stdout}${stderr}`;
}

/** No frame twice, none missing. */
function assertWhole(times, fps) {
  const index = times.findIndex(
    (time, at) => at > 0 && Math.abs(time - times[at - 1] - 1000 / fps) > 1,
  );
  assert.equal(index, -1, `frame ${index} is ${times[index] - times[index - 1]} ms after the last`);
}

/** What an `identity silent=false` named tap let through, as `kvs-launch -v` prints it. */
function tapped(log) {
  return (log.match(/\(tap:sink\) \(\d+ bytes/g) ?? []).length;
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** A network camera outside the container: examples/compose/camera. */
async function startCamera(port) {
  const script = join(root, 'examples', 'compose', 'camera', 'camera.py');
  const camera = spawn('/usr/bin/python3', [script, '--port', String(port)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(camera.stdout, 'data');
  return {
    url: line.toString().trim(),
    stop: undoAtEnd(async () => {
      camera.kill('SIGKILL');
      await once(camera, 'exit');
    }),
  };
}

function camerasMissing() {
  const script = "import gi; gi.require_version('GstRtspServer', '1.0')";
  const { status } = spawnSync('/usr/bin/python3', ['-c', script], { stdio: 'ignore' });
  return status === 0 ? undefined : 'no python3-gi with gir1.2-gst-rtsp-server-1.0 here';
}

const checks = {
  'contains no compiler, no npm and no package manager, and does not run as root': async (
    bench,
  ) => {
    const { image, run } = bench;
    const names = 'gcc cc g++ make npm python3 perl bash apt dpkg wget';
    const script = `for name in ${names}; do command -v $name && exit 1; done; id`;
    const id = await run(['sh', '-c', script]);
    assert.match(id, /^uid=1000\(kvs\).*\(video\)/, image);
  },

  'holds the licence of everything in it': async ({ image, architecture }) => {
    assert.equal(await licencesMissingIn(image, architecture), '');
  },

  'has a list of plugins that is true, and not made anew by each container': async ({ run }) => {
    const state = 'stat -c "%i %Y" "$GST_REGISTRY"';
    const said = await run(['sh', '-c', `${state}; gst-inspect-1.0 kvssink > /dev/null; ${state}`]);
    const [before, after] = said.trim().split('\n');
    assert.equal(after, before);
    // A plugin that cannot be loaded, for want of a library perhaps, is in it as such.
    assert.match(await run(['gst-inspect-1.0', '-b']), /Total count: 0 /);
  },

  'runs a pipeline with kvs-launch, and every frame arrives': async (bench) => {
    const { run, frames, fps, service } = bench;
    await run(`videotestsrc num-buffers=${frames} ! ${encoder(fps)} stream-name=launch`.split(' '));
    const times = await service.frames('launch');
    assert.equal(times.length, frames);
    assertWhole(times, fps);
  },

  'runs a pipeline with gst-launch-1.0, and every frame arrives': async (bench) => {
    const { run, frames, fps, service } = bench;
    const pipeline = `videotestsrc num-buffers=${frames} ! ${encoder(fps)} stream-name=plugin`;
    await run(['gst-launch-1.0', ...pipeline.split(' ')]);
    assert.equal((await service.frames('plugin')).length, frames);
  },

  'needs to write nowhere but in /tmp, and no capability': async (bench) => {
    const { run, frames, fps, service } = bench;
    const pipeline = (name) =>
      `videotestsrc num-buffers=${frames} ! ${encoder(fps)} stream-name=${name}`.split(' ');
    await run(pipeline('hardened-launch'), HARDENED);
    await run(['gst-launch-1.0', ...pipeline('hardened-plugin')], HARDENED);
    for (const name of ['hardened-launch', 'hardened-plugin']) {
      assert.equal((await service.frames(name)).length, frames, name);
    }
  },

  'is healthy while acks come, and on docker stop stores every frame that kvssink was given':
    async (bench) => {
      const { run, start, service, folder, patienceMs, graceSeconds } = bench;
      // Encoded before, and small: so it is a live source even where an emulated encoder would be slow.
      const [clipFps, clipFrames] = [5, 3000];
      const clip = ['-v', `${folder}:/clip`];
      const picture = `video/x-raw,format=I420,width=64,height=48,framerate=${clipFps}/1`;
      await run(
        (
          `gst-launch-1.0 videotestsrc pattern=ball num-buffers=${clipFrames} ! ${picture} ! x264enc` +
          ` bframes=0 key-int-max=${clipFps} tune=zerolatency speed-preset=ultrafast ! h264parse !` +
          ' matroskamux ! filesink location=/clip/clip.mkv'
        ).split(' '),
        clip,
      );
      const pipeline =
        '-v filesrc location=/clip/clip.mkv ! matroskademux ! h264parse ! identity sync=true !' +
        ' identity name=tap silent=false ! kvssink stream-name=live';
      const id = start(pipeline.split(' '), {}, clip);
      await until(
        '3 s of video',
        async () => (await service.frames('live')).length > 3 * clipFps,
        patienceMs,
      );
      const health = await exec(id, 'kvs-launch', 'health');
      assert.equal(health.status, 0, health.output);
      const { output: states } = await exec(
        id,
        ...['sh', '-c', 'cat /proc/1/comm; cat /proc/[0-9]*/stat'],
      );
      assert.match(states, /^tini\n/);
      assert.doesNotMatch(states, /\) Z /, 'a zombie');
      await stopCleanly(id, graceSeconds);
      const given = tapped(logs(id));
      assert.ok(given > 3 * clipFps && given < clipFrames, `${given} frames before the stop`);
      const times = await service.frames('live');
      assert.equal(times.length, given, 'frames stored, and frames given to kvssink');
      assertWhole(times, clipFps);
    },

  'is unhealthy while nothing is acknowledged': async ({ start, fps, patienceMs }) => {
    const pipeline = `videotestsrc is-live=true ! ${encoder(fps)} stream-name=lost stop-stream-timeout=1`;
    const id = start(pipeline.split(' '), {
      CONTROL_PLANE_URI: 'http://127.0.0.1:9',
      KVS_HEALTH_SECONDS: '1',
    });
    const bad = /frames arrive, but the last ack/;
    await until(
      'the verdict',
      async () => {
        const { status, output } = await exec(id, 'kvs-launch', 'health');
        return status === 1 && bad.test(output);
      },
      patienceMs,
    );
  },

  'streams a network camera, and again after it was away': async (bench) => {
    const { start, service, patienceMs, stallSeconds, graceSeconds } = bench;
    const why = camerasMissing();
    if (why) return why;
    const port = await freePort();
    let camera = await startCamera(port);
    const stall = ['--stall', String(stallSeconds)];
    const id = start([camera.url, ...stall], { STREAM_NAME: 'camera' });
    const more = (count) => async () => (await service.frames('camera')).length > count;
    await until('video of the camera', more(50), patienceMs);
    await camera.stop();
    await until('the end of the connection', () => /connecting again/.test(logs(id)), patienceMs);
    const before = (await service.frames('camera')).length;
    camera = await startCamera(port);
    await until('video after the outage', more(before + 50), patienceMs);
    await stopCleanly(id, graceSeconds);
    await camera.stop();
  },

  'is a local service, that another container streams to': async (bench) => {
    const { start, run, frames, fps, folder, patienceMs, graceSeconds } = bench;
    const [port, tlsPort] = [await freePort(), await freePort()];
    const ports = ['--port', String(port), '--tls-port', String(tlsPort)];
    const id = start(['local', ...ports], {}, [...HARDENED, '-v', `${folder}:/data`]);
    await until(
      'the service',
      async () => (await exec(id, 'kvs-launch', 'health')).status === 0,
      patienceMs,
    );
    const pipeline = `videotestsrc num-buffers=${frames} ! ${encoder(fps)} stream-name=inside`;
    await run(pipeline.split(' '), [
      ...['-e', `CONTROL_PLANE_URI=https://127.0.0.1:${tlsPort}`],
      ...['-e', 'KVSSINK_CA_CERT_PATH=/service/tls/ca.pem', '-v', `${folder}:/service:ro`],
    ]);
    await stopCleanly(id, graceSeconds);
    assert.equal((await framesBelow(folder)).length, frames);
  },
};

/** Runs all checks; `onFailure` is called at once for each that fails. */
export async function tryImage(image, architecture, isEmulated, onFailure) {
  for (const [name, check] of Object.entries(checks)) {
    const service = await startService();
    const stopService = undoAtEnd(service.stop);
    const tools = bench(image, architecture, service, isEmulated);
    const started = Date.now();
    const seconds = () => ((Date.now() - started) / 1000).toFixed(1);
    try {
      const skipped = await check(tools);
      console.log(skipped ? `  skipped: ${name}: ${skipped}` : `  ok: ${name} (${seconds()} s)`);
    } catch (error) {
      onFailure();
      console.error(
        `  FAILED: ${name} (${seconds()} s)\n${error.stack ?? error}\n${tools.lastLogs()}`,
      );
    } finally {
      await tools.removeAll();
      await stopService();
    }
  }
}
