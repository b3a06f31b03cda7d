import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { TrackDescription } from '../../src/media/codec/codec-adapter.ts';

/** Options for a test that needs outside programs: skipped, with the reason, where they lack. */
export function needs(...programs: string[]): { skip: string | false } {
  const missing = programs.filter(
    (program) => spawnSync('which', [program], { stdio: 'ignore' }).status !== 0,
  );
  return { skip: missing.length > 0 ? `${missing.join(', ')} not installed` : false };
}

/** A directory that goes with the test. */
export function tempDir(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'kvs-media-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Standard output of a program; throws with its standard error when it fails. */
export function run(program: string, args: readonly string[]): string {
  return execFileSync(program, args, {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** Runs ffmpeg; whatever it complains about is thrown. */
export function ffmpeg(...args: string[]): void {
  const { status, stderr } = spawnSync('ffmpeg', ['-v', 'error', '-y', ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  if (status !== 0 || stderr !== '') {
    throw new Error(`ffmpeg ${args.join(' ')}: exit code ${status}\n${stderr}`);
  }
}

/** ffprobe's view of a file's streams, every frame decoded and counted. */
export function ffprobe(file: string): Record<string, string | number>[] {
  const { stdout, stderr } = spawnSync(
    'ffprobe',
    ['-v', 'error', '-count_frames', '-show_streams', '-of', 'json', file],
    { encoding: 'utf8' },
  );
  if (stderr !== '') throw new Error(`ffprobe ${file}: ${stderr}`);
  return JSON.parse(stdout).streams;
}

/** What a GStreamer pipeline made: the caps of its end, and its buffers. */
export type Recording = { description: TrackDescription; units: Buffer[] };

function field(caps: string, name: string): string | undefined {
  return new RegExp(`${name}=\\([a-z]+\\)([^,;\\s]+)`).exec(caps)?.[1];
}

function numberField(caps: string, name: string): number | undefined {
  const value = field(caps, name);
  return value === undefined ? undefined : Number(value);
}

/** Runs a GStreamer pipeline and keeps each buffer at its end. */
export function record(dir: string, pipeline: string): Recording {
  const prefix = `unit-${Math.random().toString(36).slice(2)}-`;
  const output = run('gst-launch-1.0', [
    '-v',
    ...`${pipeline} ! multifilesink name=end location=${dir}/${prefix}%05d`.split(/\s+/),
  ]);
  const caps = [...output.matchAll(/GstMultiFileSink:end\.GstPad:sink: caps = (.*)/g)].at(-1)?.[1];
  if (caps === undefined) throw new Error(`no caps in: ${output}`);
  const [mediaType = ''] = caps.split(',');
  const codecData = field(caps, 'codec_data');
  const [streamFormat, width, height] = [
    field(caps, 'stream-format'),
    numberField(caps, 'width'),
    numberField(caps, 'height'),
  ];
  const [rateHz, channels] = [numberField(caps, 'rate'), numberField(caps, 'channels')];
  return {
    description: {
      kind: mediaType.startsWith('audio') ? 'audio' : 'video',
      mediaType,
      ...(streamFormat === undefined ? {} : { streamFormat }),
      ...(codecData === undefined ? {} : { codecData: Buffer.from(codecData, 'hex') }),
      ...(width === undefined ? {} : { width }),
      ...(height === undefined ? {} : { height }),
      ...(rateHz === undefined ? {} : { rateHz }),
      ...(channels === undefined ? {} : { channels }),
    },
    units: readdirSync(dir)
      .filter((name) => name.startsWith(prefix))
      .sort()
      .map((name) => readFileSync(join(dir, name))),
  };
}
