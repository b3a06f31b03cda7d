import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Files that one ffmpeg reads: most of what a short one costs is ffmpeg's start. */
const FILES_AT_ONCE = 32;

/**
 * What ffmpeg makes of each of these files, each read by itself, in its framecrc format; what it
 * complains about is one text for all.
 */
export async function framecrcs(
  files: readonly string[],
  options: {
    /** What is taken of each file, as in `-map`. Default: all. */
    readonly select?: string;
    /** `copy` takes the packets as they are. Default: their frames are decoded. */
    readonly codec?: 'copy';
    readonly complains?: 'error' | 'warning';
    /** What the files are. Default: what ffmpeg finds. */
    readonly form?: 'h264' | 'hevc';
  } = {},
): Promise<{ texts: string[]; stderr: string }> {
  const { select, codec, complains = 'error', form } = options;
  const input = ['-threads', '1', ...(form === undefined ? [] : ['-f', form]), '-i'];
  const folder = await mkdtemp(join(tmpdir(), 'kvs-decoded-'));
  const texts: string[] = [];
  let stderr = '';
  try {
    for (let first = 0; first < files.length; first += FILES_AT_ONCE) {
      const some = files.slice(first, first + FILES_AT_ONCE);
      const outputs = some.map((_, index) => join(folder, String(first + index)));
      const how = codec === 'copy' ? ['-c', 'copy'] : ['-fps_mode', 'passthrough'];
      const outcome = await run('ffmpeg', [
        ...['-nostdin', '-v', complains],
        ...some.flatMap((file) => [...input, file]),
        ...outputs.flatMap((output, index) => [
          ...['-map', select === undefined ? String(index) : `${index}:${select}`],
          ...[...how, '-f', 'framecrc', output],
        ]),
      ]);
      stderr += outcome.stderr;
      for (const output of outputs) texts.push(await readFile(output, 'utf8'));
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return { texts, stderr };
}

/** The frames of a framecrc text: `track,…` a line. */
export function frameLines(framecrc: string): string[] {
  return framecrc.split('\n').filter((line) => /^\d+,/.test(line));
}

/**
 * Frames that ffmpeg decodes of one track of these files, each read by itself; whatever it complains
 * of is the test's failure.
 */
export async function decodedFrames(files: readonly string[], track = 'v:0'): Promise<number> {
  const { texts, stderr } = await framecrcs(files, { select: track, complains: 'warning' });
  // G.711 has neither a duration nor a layout of its own, which is no fault of the file.
  const complaints = stderr.replace(
    /^.*(?:Estimating duration from bitrate|Guessed Channel Layout).*\n/gm,
    '',
  );
  if (complaints !== '') throw new Error(`ffmpeg ${files.join(' ')}: ${stderr}`);
  return texts.reduce((sum, text) => sum + frameLines(text).length, 0);
}

/** What ffmpeg takes each track of each of these files for. */
export async function tracksOf(
  files: readonly string[],
): Promise<{ codec: string; width?: number; height?: number }[][]> {
  const { texts } = await framecrcs(files, { codec: 'copy' });
  return texts.map((text) =>
    [...text.matchAll(/^#codec_id (\d+): (.+)$/gm)].map(([, track, codec = '']) => {
      const size = new RegExp(`^#dimensions ${track}: (\\d+)x(\\d+)$`, 'm').exec(text);
      return { codec, ...(size && { width: Number(size[1]), height: Number(size[2]) }) };
    }),
  );
}
