import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import type { TestContext } from 'node:test';
import type { LocalService } from '../../../../src/local/options.ts';
import { packageRoot } from '../../../../src/runtime/package-root.ts';
import { pipelineEnvironment, type Running, start } from '../../../e2e/support/run.ts';
import { fragmentFiles } from '../../../e2e/support/stored.ts';
import { tool } from '../../../e2e/support/tools.ts';

/** The command. */
export const COMMAND = join(packageRoot, 'bin', 'kvs-launch.js');

/** Starts `kvs-launch put` against a service. */
export function startPut(t: TestContext, service: LocalService, ...args: string[]): Running {
  const env = pipelineEnvironment(service.url);
  return start(t, process.execPath, [COMMAND, 'put', ...args], env);
}

/** The same, of what is written to it. */
export function startPutOfInput(
  t: TestContext,
  service: LocalService,
  ...args: string[]
): Running & { readonly stdin: Writable } {
  const env = pipelineEnvironment(service.url);
  const running = start(
    t,
    process.execPath,
    [COMMAND, 'put', ...args, '-'],
    env,
    undefined,
    'pipe',
  );
  const { stdin } = running.child;
  assert.ok(stdin !== null);
  // It may be killed while something is written.
  stdin.on('error', () => {});
  return { ...running, stdin };
}

/** What else it said: on a busy machine it is at it for more than five seconds, and says how far. */
export function withoutProgress(stderr: string): string {
  return stderr.replace(
    /^(?:\d+ of \d+ files, )?[\d.]+ MB(?: of [\d.]+ MB)?, [\d.]+ MB\/s.*\n/gm,
    '',
  );
}

/** Runs ffmpeg, which says nothing. */
export function ffmpeg(...args: string[]): void {
  tool('ffmpeg', ['-v', 'error', '-y', ...args]);
}

/** Inputs of ffmpeg: a picture that moves, and a tone. */
export function testPicture(seconds: number, rate = 30): string[] {
  return ['-f', 'lavfi', '-i', `testsrc2=s=160x120:r=${rate}:d=${seconds}`];
}

export function testTone(seconds: number): string[] {
  return ['-f', 'lavfi', '-i', `sine=r=48000:d=${seconds}`];
}

/** Packets of a file by track, as ffprobe reads them: hash, and whether it is a key frame. */
export function packetHashes(file: string): Record<string, string[]> {
  const text = tool('ffprobe', [
    ...['-v', 'error', '-show_packets', '-show_data_hash', 'md5'],
    ...['-show_entries', 'packet=codec_type,stream_index,flags,data_hash', '-of', 'json', file],
  ]);
  const { packets } = JSON.parse(text) as {
    packets: { codec_type: string; stream_index: number; flags: string; data_hash: string }[];
  };
  const byTrack: Record<string, string[]> = {};
  for (const { codec_type, flags, data_hash } of packets) {
    // Which of two tracks of a kind it is, their order in the file says.
    const list = byTrack[codec_type] ?? [];
    byTrack[codec_type] = list;
    list.push(`${data_hash} ${flags.startsWith('K') ? 'key' : ''}`);
  }
  return byTrack;
}

/**
 * Packets of all that a stream has stored, in order. ffprobe reads the documents behind each other
 * as one file, as long as the first one has all tracks.
 */
export function storedHashes(service: LocalService, stream: string): Record<string, string[]> {
  const files = fragmentFiles(service, stream);
  const [first] = files;
  if (first === undefined) return {};
  const whole = `${first}.whole`;
  writeFileSync(whole, Buffer.concat(files.map((file) => readFileSync(file))));
  return packetHashes(whole);
}

/** The same where tracks come and go: ffprobe reads each fragment by itself. */
export function storedHashesByFragment(
  service: LocalService,
  stream: string,
): Record<string, string[]> {
  const byTrack: Record<string, string[]> = {};
  for (const file of fragmentFiles(service, stream)) {
    for (const [track, hashes] of Object.entries(packetHashes(file))) {
      byTrack[track] = [...(byTrack[track] ?? []), ...hashes];
    }
  }
  return byTrack;
}

/** NAL units that are about pictures: delimiters, SEI and parameter sets. */
const ABOUT_PICTURES = { h264: '6-9', hevc: '32-35|39-40' } as const;

/** The slices of a file, with start codes. */
export function elementaryStream(
  file: string,
  codec: 'h264' | 'hevc',
  filter: readonly string[] = [],
): Buffer {
  const out = `${file}.slices`;
  const filters = [...filter, `filter_units=remove_types=${ABOUT_PICTURES[codec]}`];
  ffmpeg('-i', file, '-map', '0:v', '-c', 'copy', '-bsf:v', filters.join(), '-f', codec, out);
  return readFileSync(out);
}

/** The slices of all that a stream has stored. */
export function storedElementaryStream(
  service: LocalService,
  stream: string,
  codec: 'h264' | 'hevc',
): Buffer {
  return Buffer.concat(
    fragmentFiles(service, stream).map((file) =>
      elementaryStream(file, codec, [`${codec}_mp4toannexb`]),
    ),
  );
}
