import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { LocalService } from '../../../src/local/options.ts';
import { framecrcs, frameLines } from '../../e2e/support/framecrc.ts';
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

/**
 * What ffmpeg makes of each of these files, each decoded by itself, as `decodedFrames` does; what it
 * complains about is one text for all.
 */
export async function decodedFiles(
  files: readonly string[],
): Promise<{ lines: string[][]; stderr: string }> {
  const { texts, stderr } = await framecrcs(files);
  return { lines: texts.map(frameLines), stderr };
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
