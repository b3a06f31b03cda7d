import { open } from 'node:fs/promises';
import { describeTrack } from '../../../host/element/caps.ts';
import type { MediaFile, MediaHandlers } from '../media/media-file.ts';
import { DemuxedTracks } from '../tracks/demuxed-tracks.ts';
import {
  type Demuxer,
  type DemuxerProcess,
  demuxerError,
  gstreamerError,
  startDemuxer,
} from './demuxer-process.ts';
import { BUFFER_FLAG, type GdpBuffer, GdpReader } from './gdp-reader.ts';
import { type GstSegment, parseCaps, parseSegment, parseStreamId, parseTags } from './gst-text.ts';

/** What is known of the file. */
export type GStreamerFileOptions = {
  readonly path: string;
  readonly label: string;
  readonly bytes: number;
  readonly frameRate: number | undefined;
};

/** A file of any format that GStreamer takes apart. */
export class GStreamerFile implements MediaFile {
  readonly #options: GStreamerFileOptions;
  readonly #losses: string[] = [];
  #demuxer: DemuxerProcess | undefined;
  #tracks: DemuxedTracks | undefined;
  /** The stream that the next buffers are of, and their caps. */
  #stream = '';
  #caps = '';
  /** By stream, the caps that its track was described with. */
  readonly #described = new Map<string, string>();
  #segment: GstSegment = { startNs: 0n, baseNs: 0n };
  #mediaBytes = 0;
  /** jpegparse gives the first picture the time 0, and the others none. */
  #hasTimes = true;

  constructor(options: GStreamerFileOptions) {
    this.#options = options;
  }

  async *read(handlers: MediaHandlers): AsyncGenerator<number> {
    const { path, bytes } = this.#options;
    const tracks = new DemuxedTracks({ ...this.#options, handlers, lacksTimes: true });
    this.#tracks = tracks;
    const reader = new GdpReader({
      caps: (text) => {
        this.#caps = text;
      },
      event: (text) => this.#onEvent(text, tracks),
      buffer: (buffer) => this.#onBuffer(buffer, tracks),
    });
    const kind = await demuxerOf(path);
    this.#hasTimes = kind !== 'jpegparse';
    const demuxer = startDemuxer(path, kind);
    this.#demuxer = demuxer;
    for await (const chunk of demuxer.frames as AsyncIterable<Buffer>) {
      reader.push(chunk);
      yield Math.min(this.#mediaBytes, bytes);
    }
    const { isWhole, printed } = await demuxer.ended;
    if (!isWhole && this.#mediaBytes === 0) throw await demuxerError(printed);
    if (!isWhole) {
      this.#losses.push(`GStreamer cannot read it to the end: ${gstreamerError(printed)}`);
    }
    // Without a container, the pictures are all that there is.
    const restBytes = this.#hasTimes ? 0 : bytes - this.#mediaBytes;
    if (restBytes > 0) this.#losses.push(`${restBytes} bytes of no whole picture were left out`);
    tracks.finish();
    yield bytes;
  }

  close(): void {
    this.#demuxer?.kill();
    this.#demuxer?.frames.destroy();
  }

  get losses(): readonly string[] {
    return [...this.#losses, ...(this.#tracks?.losses ?? [])];
  }

  get notes(): readonly string[] {
    return [...(this.#tracks?.notes ?? [])];
  }

  /** Caps without a buffer count for nothing: parsers guess some in front of the first data. */
  #describe(data: Buffer, tracks: DemuxedTracks): void {
    // They come again each time the file goes from one track to another.
    if (this.#described.get(this.#stream) === this.#caps) return;
    this.#described.set(this.#stream, this.#caps);
    const description = describeTrack(parseCaps(this.#caps), 'other');
    const codecData = isOpusHead(data) ? { codecData: new Uint8Array(data) } : {};
    tracks.describe(this.#stream, { ...description, ...codecData });
  }

  #onEvent(text: string, tracks: DemuxedTracks): void {
    if (text.startsWith('GstEventStreamStart')) {
      this.#stream = parseStreamId(text);
    } else if (text.startsWith('GstEventSegment')) {
      this.#segment = parseSegment(text) ?? this.#segment;
    } else if (text.startsWith('GstTagList')) {
      const { createdMs, orientation } = parseTags(text);
      tracks.createdMs ??= createdMs;
      if (orientation !== undefined && orientation !== 'rotate-0') {
        tracks.notes.add(`The file says ${orientation}: a stream of KVS cannot say that`);
      }
    }
  }

  #onBuffer({ ptsNs, dtsNs, durationNs, flags, data }: GdpBuffer, tracks: DemuxedTracks): void {
    this.#mediaBytes += data.length;
    this.#describe(data, tracks);
    // Ogg has the header in front of the sound.
    if (isOpusHead(data) || isOpusTags(data)) return;
    tracks.take(this.#stream, {
      ptsNs: this.#runningTime(ptsNs),
      dtsNs: this.#runningTime(dtsNs),
      durationNs: durationNs ?? 0n,
      isKeyFrame: (flags & BUFFER_FLAG.DELTA_UNIT) === 0,
      isInvisible: (flags & BUFFER_FLAG.DECODE_ONLY) !== 0,
      isDiscardable: (flags & BUFFER_FLAG.DROPPABLE) !== 0,
      data,
    });
  }

  /** Less than zero in front of where the file says that it begins: sound, mostly, that is sent all the same. */
  #runningTime(timeNs: bigint | undefined): bigint | undefined {
    if (timeNs === undefined || !this.#hasTimes) return undefined;
    return timeNs - this.#segment.startNs + this.#segment.baseNs;
  }
}

function isOpusHead(data: Buffer): boolean {
  return data.toString('latin1', 0, 8) === 'OpusHead';
}

function isOpusTags(data: Buffer): boolean {
  return data.toString('latin1', 0, 8) === 'OpusTags';
}

/** By the first bytes of the file. */
async function demuxerOf(path: string): Promise<Demuxer> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(12), 0, 12, 0);
    const magic = buffer.toString('latin1', 0, bytesRead);
    if (magic.startsWith('FLV')) return 'flvdemux';
    if (magic.startsWith('\xff\xd8\xff')) return 'jpegparse';
    return magic.startsWith('RIFF') && magic.endsWith('AVI ') ? 'avidemux' : 'parsebin';
  } finally {
    await file.close();
  }
}
