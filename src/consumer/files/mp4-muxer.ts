import type { EncodedAudioPacketSource, EncodedVideoPacketSource, Output } from 'mediabunny';
import type { ConsumedFragment, ConsumedFrame } from '../fragments/consumed-fragment.ts';
import {
  checkAccepted,
  continuesFile,
  type FileMuxer,
  type FileWrite,
  startOfFragment,
} from './file-muxer.ts';
import { mp4Format } from './mp4-formats.ts';

type Mediabunny = typeof import('mediabunny');

/** In fragmented MP4, the other tracks would wait for a track without frames for ever. */
const LONGEST_SILENCE_NS = 10_000_000_000n;

/** A track that takes frames. */
type OpenTrack = {
  readonly add: (frame: ConsumedFrame, isFirst: boolean) => Promise<void>;
  readonly close: () => void;
  lastPtsNs: bigint | undefined;
};

/** Options of Mp4Muxer. */
export type Mp4MuxerOptions = {
  /** Fragmented, and written from its begin to its end: for what cannot be sought in. */
  readonly isStream: boolean;
};

/** A file that has been begun. */
type OpenFile = {
  readonly output: Output;
  readonly startNs: bigint;
  readonly tracks: Map<number, OpenTrack>;
};

/** One MP4 file: the frames as they were sent, and times from the first frame on. */
export class Mp4Muxer implements FileMuxer {
  readonly #isStream: boolean;
  readonly #written: FileWrite[] = [];
  #file: OpenFile | undefined;
  #last: ConsumedFragment | undefined;

  constructor({ isStream }: Mp4MuxerOptions) {
    this.#isStream = isStream;
  }

  accepts(fragment: ConsumedFragment): boolean {
    if (this.#last === undefined || this.#file === undefined) return true;
    const { tracks } = this.#file;
    return (
      continuesFile(this.#last, fragment) &&
      fragment.frames.every(({ trackNumber }) => tracks.has(trackNumber))
    );
  }

  async add(fragment: ConsumedFragment): Promise<readonly FileWrite[]> {
    const startNs = startOfFragment(fragment);
    if (startNs === undefined) return [];
    checkAccepted(this, fragment);
    this.#last = fragment;
    this.#file ??= await this.#begin(fragment, startNs);
    const { tracks } = this.#file;
    for (const frame of fragment.frames) {
      const track = tracks.get(frame.trackNumber);
      if (track === undefined) continue;
      await track.add(frame, track.lastPtsNs === undefined);
      track.lastPtsNs = frame.ptsNs;
    }
    for (const [number, { lastPtsNs = startNs, close }] of tracks) {
      if (startNs - lastPtsNs <= LONGEST_SILENCE_NS) continue;
      close();
      tracks.delete(number);
    }
    return this.#written.splice(0);
  }

  async end(): Promise<readonly FileWrite[]> {
    await this.#file?.output.finalize();
    return this.#written.splice(0);
  }

  async #begin(fragment: ConsumedFragment, startNs: bigint): Promise<OpenFile> {
    const formats = fragment.tracks
      // A track without frames, if it is only named in the header, would hold the others up.
      .filter(({ number }) => fragment.frames.some(({ trackNumber }) => trackNumber === number))
      .map((track) => [track.number, mp4Format(track)] as const);
    const mediabunny = await import('mediabunny');
    const output = this.#output(mediabunny);
    if (fragment.producerTimestamp !== undefined) {
      output.setMetadataTags({ date: new Date(Number(startNs / 1_000_000n)) });
    }
    const tracks = new Map<number, OpenTrack>();
    for (const [number, format] of formats) {
      let source: EncodedVideoPacketSource | EncodedAudioPacketSource;
      if (format.kind === 'video') {
        source = new mediabunny.EncodedVideoPacketSource(format.name);
        output.addVideoTrack(source);
      } else {
        source = new mediabunny.EncodedAudioPacketSource(format.name);
        output.addAudioTrack(source);
      }
      const track: OpenTrack = {
        lastPtsNs: undefined,
        close: () => source.close(),
        add: (frame, isFirst) => {
          // A file has to begin with a frame that can be sought to, whatever it is.
          const isSync = format.kind === 'audio' || frame.isKeyFrame || isFirst;
          const stepNs = frame.ptsNs - (track.lastPtsNs ?? frame.ptsNs);
          const packet = new mediabunny.EncodedPacket(
            frame.data,
            isSync ? 'key' : 'delta',
            secondsOf(frame.ptsNs - startNs),
            secondsOf(frame.durationNs ?? (stepNs > 0n ? stepNs : 0n)),
          );
          return source.add(packet, { decoderConfig: format.config } as never);
        },
      };
      tracks.set(number, track);
    }
    await output.start();
    return { output, startNs, tracks };
  }

  #output({ Output, Mp4OutputFormat, StreamTarget }: Mediabunny): Output {
    const writable = new WritableStream<FileWrite>({
      write: ({ position, data }) => {
        this.#written.push({ position, data });
      },
    });
    return new Output({
      format: new Mp4OutputFormat({ fastStart: this.#isStream ? 'fragmented' : false }),
      target: new StreamTarget(writable),
    });
  }
}

function secondsOf(ns: bigint): number {
  return Number(ns) / 1e9;
}
