import { spawnSync } from 'node:child_process';
import { rmSync, statSync } from 'node:fs';

/** Runs a tool to its end; its failure is the test's. */
export function tool(command: string, args: readonly string[], env = process.env): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    encoding: 'utf8',
    env,
    maxBuffer: 64 * 1024 * 1024,
  });
  if (error) throw error;
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}: ${stderr}`);
  return stdout;
}

/** One packet as ffprobe sees it. */
export type Packet = { readonly timeMs: number; readonly hash: string; readonly isKey: boolean };

/** Packets of files that are as they were. */
const known = new Map<string, readonly Packet[]>();

/** All packets of one stream of a media file, in file order, by ffprobe. */
export function packetsOf(file: string, stream = 'v:0'): readonly Packet[] {
  const { ino, size, mtimeNs } = statSync(file, { bigint: true });
  const key = [file, stream, ino, size, mtimeNs].join();
  const packets = known.get(key) ?? readPackets(file, stream);
  known.set(key, packets);
  return packets;
}

function readPackets(file: string, stream: string): Packet[] {
  const text = tool('ffprobe', [
    ...['-v', 'error', '-select_streams', stream, '-show_packets', '-show_data_hash', 'md5'],
    ...['-show_entries', 'packet=pts_time,flags,data_hash', '-of', 'json', file],
  ]);
  const { packets } = JSON.parse(text) as {
    packets: { pts_time: string; flags: string; data_hash: string }[];
  };
  return packets.map((packet) => ({
    timeMs: Number(packet.pts_time) * 1000,
    hash: packet.data_hash.replace(/^MD5:/, ''),
    isKey: packet.flags.startsWith('K'),
  }));
}

/** Blocks that mkvinfo lists; whatever it complains of is the test's failure. */
export function mkvinfoBlocks(file: string): number {
  const text = tool('mkvinfo', ['-v', '-v', '--ui-language', 'en_US', file]);
  const complaints = text.match(/^.*(?:[Ee]rror|[Ww]arning|unknown element|Unknown).*$/gm);
  if (complaints) throw new Error(`mkvinfo ${file}: ${complaints.join('\n')}`);
  return text.match(/\+ Simple ?[Bb]lock/g)?.length ?? 0;
}

/** Frames that GStreamer demultiplexes and decodes, by the bytes of the pictures. */
export function gstreamerFrames(file: string, width: number, height: number): number {
  const raw = `${file}.gray`;
  try {
    tool('gst-launch-1.0', [
      ...['-q', 'filesrc', `location=${file}`, '!', 'matroskademux', '!', 'h264parse', '!'],
      ...['avdec_h264', '!', 'videoconvert', '!', 'video/x-raw,format=GRAY8', '!'],
      ...['filesink', `location=${raw}`],
    ]);
    return statSync(raw).size / (width * height);
  } finally {
    rmSync(raw, { force: true });
  }
}
