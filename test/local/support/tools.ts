import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Whether a program can be run here. */
export function isInstalled(program: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
}

/** Runs a program without blocking the service in this process; rejects on failure. */
export async function output(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<string> {
  const { stdout, stderr } = await run(program, [...args], {
    env: { ...process.env, ...env },
    maxBuffer: 64 * 1024 * 1024,
    timeout: 60_000,
  });
  return `${stdout}${stderr}`;
}

/** ffprobe's JSON; it must have nothing to complain about. */
export function ffprobe(input: string, ...more: string[]): Promise<FfprobeResult> {
  return probe('warning', input, more);
}

/**
 * The same for documents one after the other, as GetMedia sends them. ffprobe reads them all, but
 * complains at every one but the first: a Segment of unknown size should be the last.
 */
export function ffprobeChunks(input: string): Promise<FfprobeResult> {
  return probe('fatal', input, []);
}

async function probe(level: string, input: string, more: string[]): Promise<FfprobeResult> {
  const { stdout, stderr } = await run(
    'ffprobe',
    ['-v', level, '-of', 'json', '-count_frames', '-show_streams', ...more, input],
    { maxBuffer: 64 * 1024 * 1024, timeout: 60_000 },
  );
  if (stderr !== '') throw new Error(`ffprobe complains: ${stderr}`);
  return JSON.parse(stdout) as FfprobeResult;
}

export type FfprobeResult = {
  readonly streams: readonly {
    readonly codec_name: string;
    readonly codec_type: string;
    readonly nb_read_frames: string;
    readonly width?: number;
    readonly start_time?: string;
  }[];
  readonly packets?: readonly {
    readonly codec_type: string;
    readonly pts_time: string;
    readonly dts_time: string;
    readonly flags: string;
    readonly size: string;
  }[];
};
