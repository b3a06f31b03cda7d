import type { StreamPort, StreamPortEvents } from '../../src/host/stream/stream-port.ts';
import type { TrackDescription } from '../../src/media/codec/codec-adapter.ts';
import type { Frame, NeededFrom } from '../../src/producer/info/frame.ts';
import type { TrackInfo } from '../../src/producer/info/track-info.ts';

/** A stream that writes down what it is asked, and lets the test decide what happens. */
export class FakeStream implements StreamPort {
  readonly calls: string[] = [];
  readonly frames: (Omit<Frame, 'data'> & { text: string })[] = [];
  readonly formats: { track: number; description: TrackDescription }[] = [];
  readonly events: StreamPortEvents;
  /** Next frames wait for this. */
  room: Promise<void> | undefined;
  /** As setBackPressure was told last. */
  waits: boolean | undefined;
  /** Thrown by the next frames. */
  refuse: Error | undefined;
  readonly drains: { timeoutMs: number; resolve: () => void; reject: (error: Error) => void }[] =
    [];

  constructor(events: StreamPortEvents) {
    this.events = events;
  }

  addTrack({ trackId, trackName }: TrackInfo): void {
    this.calls.push(`add ${trackId} ${trackName}`);
  }

  removeTrack(trackId: number): void {
    this.calls.push(`remove ${trackId}`);
  }

  noMoreTracks(): void {
    this.calls.push('no more tracks');
  }

  setTrackFormat(track: number, description: TrackDescription): void {
    this.formats.push({ track, description });
  }

  putFrame(frame: Frame): Promise<void> | undefined {
    if (this.refuse) throw this.refuse;
    const take = (): void => {
      const { data, ...rest } = frame;
      this.frames.push({ ...rest, text: Buffer.from(data).toString() });
    };
    if (this.room === undefined) {
      take();
      return undefined;
    }
    return this.room.then(take);
  }

  setBackPressure(waits: boolean): void {
    this.waits = waits;
  }

  putFragmentMetadata(name: string, value: string, persistent: boolean): void {
    this.calls.push(`metadata ${name}=${value} ${persistent}`);
  }

  /** As the test says. */
  needed: NeededFrom = { frames: Number.POSITIVE_INFINITY, metadata: Number.POSITIVE_INFINITY };

  neededFrom(): NeededFrom {
    return this.needed;
  }

  putEventMetadata(events: readonly string[]): void {
    this.calls.push(`event ${events.join(' ')}`);
  }

  gap(trackId: number, untilNs: bigint): void {
    this.calls.push(`gap ${trackId} ${untilNs}`);
  }

  endTrack(trackId: number): void {
    this.calls.push(`end ${trackId}`);
  }

  discontinuity(): void {
    this.calls.push('discontinuity');
  }

  stampsAhead(aheadMs: number): void {
    this.calls.push(`stamps ahead ${aheadMs}`);
  }

  leftOut(trackId: number, drop: { frames: number; reason: string }): void {
    this.calls.push(`left out ${trackId} ${drop.frames} ${drop.reason}`);
  }

  drain(timeoutMs: number): Promise<void> {
    this.calls.push('drain');
    return new Promise((resolve, reject) => this.drains.push({ timeoutMs, resolve, reject }));
  }

  close(): Promise<void> {
    this.calls.push('close');
    return Promise.resolve();
  }

  metrics() {
    return { counts: { 'transferred-bytes': 7 }, rates: { 'current-frame-rate': 29.97 } };
  }
}
