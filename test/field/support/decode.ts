import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { LocalService } from '../../../src/local/options.ts';
import { fragmentFiles, type StoredFrame } from '../../e2e/support/stored.ts';

const run = promisify(execFile);

/** Pictures and sounds that ffmpeg makes of a file or an address: `track,…` a line. */
export async function decodedFrames(input: string): Promise<{ lines: string[]; stderr: string }> {
  const { stdout, stderr } = await run(
    'ffmpeg',
    [
      ...['-nostdin', '-v', 'error', '-i', input, '-map', '0', '-fps_mode', 'passthrough'],
      ...['-f', 'framecrc', '-'],
    ],
    { maxBuffer: 64 * 1024 * 1024 },
  );
  return { lines: frameLines(stdout), stderr };
}

/** Files that one ffmpeg decodes: most of what a short one costs is ffmpeg's start. */
const FILES_AT_ONCE = 32;

/**
 * What ffmpeg makes of each of these files, each decoded by itself, as `decodedFrames` does; what it
 * complains about is one text for all.
 */
export async function decodedFiles(
  files: readonly string[],
): Promise<{ lines: string[][]; stderr: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'kvs-decoded-'));
  const lines: string[][] = [];
  let stderr = '';
  try {
    for (let first = 0; first < files.length; first += FILES_AT_ONCE) {
      const some = files.slice(first, first + FILES_AT_ONCE);
      const outputs = some.map((_, index) => join(folder, String(first + index)));
      const options = ['-fps_mode', 'passthrough', '-f', 'framecrc'];
      const outcome = await run('ffmpeg', [
        ...['-nostdin', '-v', 'error'],
        ...some.flatMap((file) => ['-threads', '1', '-i', file]),
        ...outputs.flatMap((output, index) => ['-map', String(index), ...options, output]),
      ]);
      stderr += outcome.stderr;
      for (const output of outputs) lines.push(frameLines(await readFile(output, 'utf8')));
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return { lines, stderr };
}

function frameLines(framecrc: string): string[] {
  return framecrc.split('\n').filter((line) => /^\d+,/.test(line));
}

/** Each fragment by itself gives a picture for each of its frames, and ffmpeg has no complaint. */
export async function assertFragmentsDecode(
  service: LocalService,
  stream: string,
  stored: readonly StoredFrame[],
): Promise<void> {
  const { lines, stderr } = await decodedFiles(fragmentFiles(service, stream));
  assert.equal(stderr, '');
  for (const [fragment, frames] of lines.entries()) {
    const own = stored.filter((frame) => frame.fragment === fragment);
    const video = own.filter(({ number }) => number === 1).length;
    const decoded = frames.filter((line) => line.startsWith('0,')).length;
    assert.equal(decoded, video, `fragment ${fragment} has ${video} frames, ${decoded} decode`);
  }
}
