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

/** All packets of one stream of a media file, in file order, by ffprobe. */
export function packetsOf(file: string, stream = 'v:0'): Packet[] {
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

/** Frames that ffprobe decodes; whatever it complains of is the test's failure. */
export function ffprobeFrames(file: string, stream = 'v:0'): number {
  const { status, stdout, stderr } = spawnSync(
    'ffprobe',
    [
      ...['-v', 'warning', '-count_frames', '-select_streams', stream],
      ...['-show_entries', 'stream=nb_read_frames', '-of', 'csv=p=0', file],
    ],
    { encoding: 'utf8' },
  );
  // G.711 has no duration of its own, which is no fault of the file.
  const complaints = stderr.replace(/^.*Estimating duration from bitrate.*\n/gm, '');
  if (status !== 0 || complaints !== '') throw new Error(`ffprobe ${file}: ${status} ${stderr}`);
  return Number(stdout.trim().split('\n')[0]);
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

/** Codecs of a media file's streams, by ffprobe. */
export function streamsOf(file: string): { codec: string; width?: number; height?: number }[] {
  const text = tool('ffprobe', [
    ...['-v', 'error', '-show_entries', 'stream=codec_name,width,height', '-of', 'json', file],
  ]);
  const { streams } = JSON.parse(text) as {
    streams: { codec_name: string; width?: number; height?: number }[];
  };
  return streams.map(({ codec_name, ...size }) => ({ codec: codec_name, ...size }));
}
