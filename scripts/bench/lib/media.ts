import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folder = join(tmpdir(), 'kvs-launch-bench');

/** Makes a file once, and leaves it for the next run. */
function once(name: string, make: (path: string) => readonly string[]): string {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, name);
  if (!existsSync(path)) {
    console.log(`Making ${path}`);
    const part = path.replace(/(\.\w+)$/, '.part$1');
    const args = ['-hide_banner', '-loglevel', 'error', '-y', ...make(part)];
    const { status } = spawnSync('ffmpeg', args, { stdio: 'inherit' });
    if (status !== 0) throw new Error(`ffmpeg could not make ${path}`);
    spawnSync('mv', [part, path]);
  }
  return path;
}

/** Of liveFile. */
export const LIVE_SECONDS = 30;

/** 30 s of 1920x1080 at 30 fps, 8 Mbit/s, a key frame every 2 s, no B-frames. */
export function liveFile(): string {
  return once('1080p30-30s.mp4', (path) => [
    ...['-f', 'lavfi', '-i', 'testsrc2=size=1920x1080:rate=30,noise=alls=24:allf=t', '-t', '30'],
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-pix_fmt', 'yuv420p'],
    ...['-b:v', '8M', '-minrate', '8M', '-maxrate', '8M', '-bufsize', '1M'],
    ...['-x264-params', 'nal-hrd=cbr:force-cfr=1', '-g', '60', '-bf', '0', path],
  ]);
}

/** What a small camera sends: 640x360 at 30 fps, 1 Mbit/s, for 30 s. */
export function cameraFile(): string {
  return once('360p30-30s.mp4', (path) => [
    ...['-f', 'lavfi', '-i', 'testsrc2=size=640x360:rate=30,noise=alls=12:allf=t', '-t', '30'],
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-pix_fmt', 'yuv420p'],
    ...['-b:v', '1M', '-minrate', '1M', '-maxrate', '1M', '-bufsize', '250k'],
    ...['-x264-params', 'nal-hrd=cbr:force-cfr=1', '-g', '60', '-bf', '0', path],
  ]);
}

/** The live file six times over, for what a process costs once all is compiled. */
export function longLiveFile(): string {
  const source = liveFile();
  return once('1080p30-180s.mp4', (path) => [
    ...['-stream_loop', '5', '-i', source, '-c', 'copy', path],
  ]);
}

/** The live file over and over: about 1 MB a second. */
export function offlineFile(seconds = 600): string {
  const source = liveFile();
  return once(`1080p30-${seconds}s.mp4`, (path) => [
    ...['-stream_loop', `${seconds / LIVE_SECONDS - 1}`, '-i', source, '-c', 'copy', path],
  ]);
}

/** The same as Matroska, a cluster for each key frame. */
export function offlineMatroskaFile(): string {
  const source = offlineFile();
  return once('1080p30-600s.mkv', (path) => ['-i', source, '-c', 'copy', '-f', 'matroska', path]);
}
