import type { EncodedPacket, Input, InputTrack } from 'mediabunny';
import { KvsError } from '../../../errors/kvs-error.ts';
import type { MediaFile, MediaHandlers } from '../media/media-file.ts';
import { DemuxedTracks } from '../tracks/demuxed-tracks.ts';
import { type Mp4Facts, readMp4Facts } from './mp4-boxes.ts';
import { describeTrack } from './track-description.ts';

/** Frames are handed out in pieces of this size. */
const PIECE_BYTES = 256 * 1024;

/** What is known of the file. */
export type MediabunnyFileOptions = {
  readonly path: string;
  readonly label: string;
  readonly bytes: number;
  /** Whether it has the boxes of MP4. */
  readonly isMp4: boolean;
};

/** A track that is read, with the packet that comes next. */
type Source = {
  readonly id: string;
  readonly packets: AsyncGenerator<EncodedPacket, void, unknown>;
  next: EncodedPacket;
};

/**
 * A file that mediabunny reads: MP4 and MOV, fragmented or not, and MPEG-TS. GStreamer's qtdemux keeps to the edit list: it leaves out
 * the last frames of files that ffmpeg writes, and h264parse puts parameter sets into the first
 * picture. Here each sample is sent as it is; what an edit list cuts away in front has a time
 * before the file's beginning.
 */
export class MediabunnyFile implements MediaFile {
  readonly #options: MediabunnyFileOptions;
  readonly #losses: string[] = [];
  readonly #notes: string[] = [];
  #tracks: DemuxedTracks | undefined;
  #input: Input | undefined;

  constructor(options: MediabunnyFileOptions) {
    this.#options = options;
  }

  async *read(handlers: MediaHandlers): AsyncGenerator<number> {
    const { path, label, bytes, isMp4 } = this.#options;
    const tracks = new DemuxedTracks({ handlers, label, lacksTimes: false, frameRate: undefined });
    this.#tracks = tracks;
    if (isMp4) {
      const facts = await readMp4Facts(path);
      tracks.createdMs = facts.createdMs;
      tracks.durationMs = facts.durationMs;
      this.#report(facts);
    }
    let done = 0;
    let yielded = 0;
    for await (const { id, packet } of this.#packets(tracks)) {
      tracks.take(id, frameOf(packet));
      done += packet.byteLength;
      if (done - yielded < PIECE_BYTES) continue;
      yielded = done;
      yield Math.min(done, bytes);
    }
    tracks.finish();
    yield bytes;
  }

  close(): void {
    this.#input?.dispose();
  }

  get losses(): readonly string[] {
    return [...this.#losses, ...(this.#tracks?.losses ?? [])];
  }

  get notes(): readonly string[] {
    return [...this.#notes, ...(this.#tracks?.notes ?? [])];
  }

  #report({ cutOffFrom, otherTracks }: Mp4Facts): void {
    for (const handler of otherTracks) {
      this.#notes.push(`A track of type ${handler} is not sent: KVS takes video and audio`);
    }
    if (cutOffFrom !== undefined) {
      this.#losses.push(
        `The file ends in the middle of the box that begins at byte ${cutOffFrom}: what is behind is missing`,
      );
    }
  }

  /** The packets of all tracks in the order of their times. */
  async *#packets(
    tracks: DemuxedTracks,
  ): AsyncGenerator<{ readonly id: string; readonly packet: EncodedPacket }> {
    const sources = await this.#open(tracks);
    while (sources.length > 0) {
      const source = sources.reduce((one, other) =>
        other.next.timestamp < one.next.timestamp ? other : one,
      );
      yield { id: source.id, packet: source.next };
      const next = await source.packets.next();
      if (next.done === true) sources.splice(sources.indexOf(source), 1);
      else source.next = next.value;
    }
  }

  async #open(tracks: DemuxedTracks): Promise<Source[]> {
    const { ALL_FORMATS, EncodedPacketSink, FilePathSource, Input, Logging, LogLevel } =
      await import('mediabunny');
    // It prints about each codec that it has no decoder for.
    Logging.level = LogLevel.Errors;
    const input = new Input({
      formats: ALL_FORMATS,
      source: new FilePathSource(this.#options.path),
    });
    this.#input = input;
    const sources: Source[] = [];
    for (const track of await tracksOf(input)) {
      const id = String(track.id);
      this.#noteRotation(track);
      tracks.describe(id, await describeTrack(track));
      const packets = new EncodedPacketSink(track).packets();
      const first = await packets.next();
      if (first.done !== true) sources.push({ id, packets, next: first.value });
    }
    return sources;
  }

  #noteRotation(track: InputTrack): void {
    if (!track.isVideoTrack() || track.rotation === 0) return;
    this.#notes.push(
      `The picture is to be turned by ${track.rotation}°; a stream cannot say that, and players will show it as it was taken`,
    );
  }
}

async function tracksOf(input: Input): Promise<InputTrack[]> {
  let tracks: InputTrack[];
  try {
    tracks = await input.getTracks();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new KvsError('STATUS_FORMAT_ERROR', `The file cannot be read: ${why}`, {
      cause,
      advice: 'Is it whole?',
    });
  }
  if (tracks.length === 0) {
    throw new KvsError(
      'STATUS_TRACK_INFO_MISSING',
      'The file has no tracks, or its index is missing',
      {
        advice:
          'A recording that was cut off before its end has none, unless it is a fragmented MP4.',
      },
    );
  }
  return tracks;
}

function frameOf({
  timestamp,
  duration,
  type,
  data,
}: EncodedPacket): Parameters<DemuxedTracks['take']>[1] {
  return {
    ptsNs: nanoseconds(timestamp),
    dtsNs: undefined,
    durationNs: nanoseconds(duration),
    isKeyFrame: type === 'key',
    isInvisible: false,
    isDiscardable: false,
    data,
  };
}

function nanoseconds(seconds: number): bigint {
  return BigInt(Math.round(seconds * 1e9));
}
