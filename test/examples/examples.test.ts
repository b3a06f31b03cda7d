// The programs of examples/, run as their users run them, against the local service.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, createReadStream, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import type { LocalService } from '../../src/local/options.ts';
import { packageRoot } from '../../src/runtime/package-root.ts';
import { makeProject } from '../docs/project.ts';
import { media } from '../e2e/support/media.ts';
import { pipelineEnvironment, type Running, start } from '../e2e/support/run.ts';
import { fragmentFiles, storedFrames } from '../e2e/support/stored.ts';
import { startService, temporaryFolder } from '../local/support/service.ts';
import { ffmpeg, ffprobe } from '../media/tools.ts';

const PROGRAMS = [
  ...['h264-file', 'image-sequence', 'mjpeg-camera', 'audio-video', 'putmedia'],
  ...['consumer-images', 'motion-detector', 'python', 'c'],
];
const PACKAGES = ['@aws-sdk', '@smithy', '@types/node'];
const TESTSRC = '-f lavfi -i testsrc=size=320x240:rate=25:duration=4 -pix_fmt yuv420p';
const X264 = '-c:v libx264 -g 50 -preset ultrafast';

describe('the examples', () => {
  const project = makeProject(PACKAGES);
  before(() => {
    for (const name of PROGRAMS) {
      cpSync(join(packageRoot, 'examples', name), join(project.folder, name), { recursive: true });
    }
  });
  after(() => project.remove());

  /** Runs what `npm start` runs, with these arguments behind it. */
  function run(
    t: TestContext,
    service: LocalService,
    name: string,
    args: readonly string[],
    more: { input?: string } = {},
  ): Running {
    const folder = join(project.folder, name);
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const env = pipelineEnvironment(service.url, {
      AWS_REGION: 'us-west-2',
      PATH: `${join(project.folder, 'node_modules', '.bin')}:${process.env['PATH']}`,
    });
    const script = String(manifest.scripts.start)
      .replace('python3', '/usr/bin/python3')
      // The program itself, so that it ends with its test.
      .replace(/^node/, 'exec node');
    const input = more.input === undefined ? '' : ` < ${more.input}`;
    const words = args.map((word) => `'${word}'`).join(' ');
    return start(t, 'sh', ['-c', `${script} ${words}${input}`], env, folder);
  }

  async function output(running: Running): Promise<string> {
    const { code, stdout, stderr } = await running.finished;
    assert.equal(code, 0, stdout + stderr);
    return stdout;
  }

  it('are listed, and are npm packages that depend on kvs-launch', () => {
    const readme = readFileSync(join(packageRoot, 'examples', 'README.md'), 'utf8');
    const folders = readdirSync(join(packageRoot, 'examples'), { withFileTypes: true });
    const packages = folders
      .filter((entry) => entry.isDirectory())
      .filter((entry) => readdirSync(join(entry.parentPath, entry.name)).includes('package.json'))
      .map(({ name }) => name);
    assert.deepEqual(packages.sort(), [...PROGRAMS].sort());
    for (const name of PROGRAMS) {
      assert.ok(readme.includes(`| [${name}](`), name);
      const path = join(packageRoot, 'examples', name, 'package.json');
      const { version } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8'));
      const { dependencies } = JSON.parse(readFileSync(path, 'utf8'));
      assert.equal(dependencies['kvs-launch'], `^${version}`);
    }
  });

  it('have types that agree with those of the package', () => {
    const tsc = join(packageRoot, 'node_modules', 'typescript', 'bin', 'tsc');
    const files = PROGRAMS.map((name) => join(name, 'index.js')).filter(
      (file) => !/^(python|c)\//.test(file),
    );
    const options = ['--noEmit', '--allowJs', '--checkJs', '--strict', '--skipLibCheck'];
    options.push('--module', 'nodenext', '--target', 'es2023', '--types', 'node');
    const result = spawnSync(process.execPath, [tsc, ...options, ...files], {
      cwd: project.folder,
      encoding: 'utf8',
    });
    assert.equal(result.status, 0, result.stdout);
  });

  it('h264-file sends every frame, and each can be decoded', async (t) => {
    const service = await startService(t);
    const file = join(temporaryFolder(t), 'film.h264');
    ffmpeg(...`${TESTSRC} ${X264} -bf 2 -f h264 ${file}`.split(' '));
    const printed = await output(run(t, service, 'h264-file', ['film', file]));
    assert.match(printed, /^100 frames, 2 fragments persisted/);
    const decoded = fragmentFiles(service, 'film').map(
      (path) => ffprobe(path)[0]?.['nb_read_frames'],
    );
    assert.deepEqual(decoded, ['50', '50']);
  });

  for (const [kind, encoder] of [
    ['jpg', ''],
    ['h264', '-c:v libx264 -bf 0 -g 10 -f image2'],
  ] as const) {
    it(`image-sequence sends a folder of ${kind} files, round after round`, async (t) => {
      const service = await startService(t);
      const folder = temporaryFolder(t);
      const path = join(folder, `frame-%03d.${kind}`);
      ffmpeg(...`${TESTSRC} -frames:v 20 ${encoder} ${path}`.split(' ').filter(Boolean));
      const printed = await output(
        run(t, service, 'image-sequence', ['images', folder, '20', '2']),
      );
      assert.match(printed, /^40 frames/);
      assert.equal((await storedFrames(service, 'images')).length, 40);
    });
  }

  it('mjpeg-camera sends what an HTTP camera and what standard input delivers', async (t) => {
    const service = await startService(t);
    const file = join(temporaryFolder(t), 'camera.mjpeg');
    ffmpeg(...`${TESTSRC} -frames:v 30 -f mjpeg ${file}`.split(' '));
    const camera = createServer((_, response) => {
      response.writeHead(200, { 'content-type': 'multipart/x-mixed-replace; boundary=frame' });
      response.write('--frame\r\nContent-Type: image/jpeg\r\n\r\n');
      createReadStream(file, { highWaterMark: 1000 }).pipe(response);
    });
    await new Promise<void>((resolve) => camera.listen(0, '127.0.0.1', resolve));
    t.after(() => camera.close());
    const url = `http://127.0.0.1:${(camera.address() as AddressInfo).port}/`;
    assert.match(await output(run(t, service, 'mjpeg-camera', ['http', url])), /^30 frames/);
    const piped = run(t, service, 'mjpeg-camera', ['stdin', '-'], { input: file });
    assert.match(await output(piped), /^30 frames/);
    const hashes = async (stream: string): Promise<string[]> =>
      (await storedFrames(service, stream)).map(({ hash }) => hash);
    assert.equal((await hashes('http')).length, 30);
    assert.deepEqual(await hashes('http'), await hashes('stdin'));
  });

  it('audio-video sends both tracks of a film', async (t) => {
    const service = await startService(t);
    const printed = await output(run(t, service, 'audio-video', ['talk', media('av.mkv')]));
    assert.match(printed, /^38\d frames/);
    const frames = await storedFrames(service, 'talk');
    assert.equal(frames.filter(({ track }) => track === 1).length, 150);
    assert.ok(frames.filter(({ track }) => track === 2).length >= 235);
  });

  it('putmedia sends Matroska unchanged, and prints the acknowledgements', async (t) => {
    const service = await startService(t);
    const file = media('av.mkv');
    // PutMedia creates no stream.
    await output(run(t, service, 'audio-video', ['raw', file]));
    const before = (await storedFrames(service, 'raw')).length;
    const printed = await output(run(t, service, 'putmedia', ['raw'], { input: file }));
    assert.match(printed, /"EventType":"PERSISTED"/);
    assert.equal((await storedFrames(service, 'raw')).length, 2 * before);
  });

  it('consumer-images writes a picture of each second', async (t) => {
    const service = await startService(t);
    await output(run(t, service, 'audio-video', ['film', media('av.mkv')]));
    const folder = join(temporaryFolder(t), 'images');
    await output(run(t, service, 'consumer-images', ['film', folder, '1', '1']));
    const images = readdirSync(folder);
    const seconds = (await storedFrames(service, 'film'))
      .filter(({ track }) => track === 1)
      .map(({ timeMs }) => Math.floor(timeMs / 1000));
    assert.equal(images.length, new Set(seconds).size);
    for (const image of images) {
      assert.match(image, /^\d{4}-\d\d-\d\dT[\d-]+\.\d{3}Z\.jpg$/);
      assert.equal(ffprobe(join(folder, image))[0]?.['width'], 320);
    }
  });

  it('motion-detector reports the frames in which something moves, and no other', async (t) => {
    const service = await startService(t);
    const folder = temporaryFolder(t);
    const file = join(folder, 'motion.h264');
    const gray = '-f lavfi -i color=gray:size=320x240:rate=25:duration=2';
    const graph = '-filter_complex [0]format=yuv420p[a];[1]format=yuv420p[b];[a][b]concat';
    ffmpeg(
      ...`${gray} ${TESTSRC.replace('-pix_fmt yuv420p', graph)} ${X264} -f h264 ${file}`.split(' '),
    );
    await output(run(t, service, 'h264-file', ['yard', file]));
    const [first] = await storedFrames(service, 'yard');
    const detector = run(t, service, 'motion-detector', ['yard', '0.001']);
    const [, time = ''] = await detector.printed(/^\{"time":"([^"]+)","changed":(?:0\.\d+|1)\}$/m);
    assert.equal(Date.parse(time) - (first?.timeMs ?? 0), 2000);
  });

  it('python sends frames and a tag, and prints what the element reports', async (t) => {
    const service = await startService(t);
    const printed = await output(run(t, service, 'python', ['garden', '60']));
    assert.match(printed, /^connection: streaming$/m);
    assert.match(printed, /^persisted \d{20,}$/m);
    assert.equal((await storedFrames(service, 'garden')).length, 60);
    const [file = ''] = fragmentFiles(service, 'garden');
    assert.ok(readFileSync(file).includes('garden'));
  });

  it('c compiles without a warning, sends frames and prints what the element reports', async (t) => {
    const service = await startService(t);
    const make = { cwd: join(project.folder, 'c'), encoding: 'utf8' } as const;
    const { stderr } = spawnSync('make', ['-B'], make);
    assert.equal(stderr, '');
    const printed = await output(run(t, service, 'c', ['yard', '60']));
    assert.match(printed, /^connection: streaming$/m);
    assert.match(printed, /^persisted \d{20,}$/m);
    assert.equal((await storedFrames(service, 'yard')).length, 60);
  });
});
