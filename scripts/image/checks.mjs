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
import { docker, dockerLater, dockerResult, dockerTry } from './engine.mjs';

/** From a source to kvssink, with a fragment a second. */
const encoder = (fps) =>
  `video/x-raw,width=320,height=240,framerate=${fps}/1 ! x264enc bframes=0 key-int-max=${fps}` +
  ' tune=zerolatency speed-preset=ultrafast ! h264parse ! kvssink';

/** Seconds that `docker stop` gives; emulation is slow. */
const GRACE_SECONDS = 30;

/** Everything a check has to work with; containers it starts are removed after it. */
function bench(image, architecture, service, isEmulated) {
  const containers = [];
  const options = (env) => [
    ...['--network=host', `--platform=linux/${architecture}`],
    ...Object.entries({ ...service.env, ...env }).flatMap(([key, value]) => [
      '-e',
      `${key}=${value}`,
    ]),
  ];
  return {
    image,
    service,
    frames: isEmulated ? 50 : 250,
    /** An emulated encoder is slow, and falls behind a live source: by how much it may. */
    fps: isEmulated ? 5 : 25,
    lagMs: isEmulated ? 30_000 : 3_000,
    patienceMs: isEmulated ? 300_000 : 60_000,
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
    lastLogs: () => (containers.length > 0 ? logs(containers.at(-1)) : ''),
    removeAll: () => {
      for (const id of containers) dockerTry(['rm', '-f', id]);
    },
  };
}

const exec = (id, ...command) => dockerLater(['exec', id, ...command]);

/** Stops as a user would; the exit code must be that of a clean end. */
async function stopCleanly(id) {
  await dockerLater(['stop', '-t', String(GRACE_SECONDS), id]);
  const state = docker(['inspect', '-f', '{{.State.ExitCode}} {{.State.OOMKilled}}', id]);
  assert.equal(state, '0 false', `${state}\n${logs(id)}`);
}

function logs(id) {
  const { stdout, stderr } = dockerResult(['logs', id]);
  return `${stdout}${stderr}`.slice(-2000);
}

/** No frame twice, none missing. */
function assertWhole(times, fps) {
  for (let index = 1; index < times.length; index += 1) {
    const step = times[index] - times[index - 1];
    assert.ok(
      Math.abs(step - 1000 / fps) <= 1,
      `frame ${index} is ${step} ms after the one before`,
    );
  }
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
    stop: async () => {
      camera.kill('SIGKILL');
      await once(camera, 'exit');
    },
  };
}

function camerasMissing() {
  const script = "import gi; gi.require_version('GstRtspServer', '1.0')";
  const { status } = spawnSync('/usr/bin/python3', ['-c', script], { stdio: 'ignore' });
  return status === 0 ? undefined : 'no python3-gi with gir1.2-gst-rtsp-server-1.0 here';
}

const checks = {
  'contains no compiler and no npm, and does not run as root': async ({ image, run }) => {
    const script = 'command -v gcc cc g++ make npm python3 && exit 1; id';
    const id = await run(['sh', '-c', script]);
    assert.match(id, /^uid=1000\(kvs\).*\(video\)/, image);
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

  'is healthy while acks come, and drains on docker stop': async (bench) => {
    const { start, service, fps, lagMs, patienceMs } = bench;
    const pipeline = `videotestsrc is-live=true ! ${encoder(fps)} stream-name=live`;
    const id = start(pipeline.split(' '));
    await until(
      '3 s of video',
      async () => (await service.frames('live')).length > 3 * fps,
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
    const stoppedMs = Date.now();
    await stopCleanly(id);
    const times = await service.frames('live');
    assertWhole(times, fps);
    const lastMs = times.at(-1) ?? 0;
    assert.ok(lastMs > stoppedMs - lagMs, `the last frame is ${stoppedMs - lastMs} ms old`);
  },

  'is unhealthy while nothing is acknowledged': async ({ start, fps, patienceMs }) => {
    const pipeline = `videotestsrc is-live=true ! ${encoder(fps)} stream-name=lost stop-stream-timeout=1`;
    const id = start(pipeline.split(' '), {
      CONTROL_PLANE_URI: 'http://127.0.0.1:9',
      KVS_HEALTH_SECONDS: '1',
    });
    const bad = /frames come, but the last ack/;
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
    const { start, service, patienceMs } = bench;
    const why = camerasMissing();
    if (why) return why;
    const port = await freePort();
    let camera = await startCamera(port);
    const id = start([camera.url], { STREAM_NAME: 'camera' });
    const more = (count) => async () => (await service.frames('camera')).length > count;
    await until('video of the camera', more(50), patienceMs);
    await camera.stop();
    await until('the end of the connection', () => /connecting again/.test(logs(id)), patienceMs);
    const before = (await service.frames('camera')).length;
    camera = await startCamera(port);
    await until('video after the outage', more(before + 50), patienceMs);
    await stopCleanly(id);
    await camera.stop();
  },

  'is a local service, that another container streams to': async (bench) => {
    const { start, run, frames, fps, patienceMs } = bench;
    const data = mkdtempSync(join(tmpdir(), 'kvs-launch-data-'));
    chmodSync(data, 0o777);
    try {
      const [port, tlsPort] = [await freePort(), await freePort()];
      const ports = ['--port', String(port), '--tls-port', String(tlsPort)];
      const id = start(['local', ...ports], {}, ['-v', `${data}:/data`]);
      await until(
        'the service',
        async () => (await exec(id, 'kvs-launch', 'health')).status === 0,
        patienceMs,
      );
      const pipeline = `videotestsrc num-buffers=${frames} ! ${encoder(fps)} stream-name=inside`;
      await run(pipeline.split(' '), [
        ...['-e', `CONTROL_PLANE_URI=https://127.0.0.1:${tlsPort}`],
        ...['-e', 'KVSSINK_CA_CERT_PATH=/service/tls/ca.pem', '-v', `${data}:/service:ro`],
      ]);
      await stopCleanly(id);
      assert.equal((await framesBelow(data)).length, frames);
    } finally {
      rmSync(data, { recursive: true, force: true });
    }
  },
};

/** Runs all checks. @returns how many failed. */
export async function tryImage(image, architecture, isEmulated) {
  let failures = 0;
  for (const [name, check] of Object.entries(checks)) {
    const service = await startService();
    const tools = bench(image, architecture, service, isEmulated);
    const started = Date.now();
    const seconds = () => ((Date.now() - started) / 1000).toFixed(1);
    try {
      const skipped = await check(tools);
      console.log(skipped ? `  skipped: ${name}: ${skipped}` : `  ok: ${name} (${seconds()} s)`);
    } catch (error) {
      failures += 1;
      console.error(
        `  FAILED: ${name} (${seconds()} s)\n${error.stack ?? error}\n${tools.lastLogs()}`,
      );
    } finally {
      tools.removeAll();
      await service.stop();
    }
  }
  return failures;
}
