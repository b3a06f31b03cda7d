import { KvsError } from '../errors/kvs-error.ts';
import type { AccessUnitPlan, ByteSink, CodecAdapter, TrackFormat } from './codec/codec-adapter.ts';

/** Stores every frame as it comes. Video has no key frames of its own: the source's flag counts. */
export class PassThroughAdapter implements CodecAdapter, AccessUnitPlan {
  readonly format: TrackFormat;
  readonly formatRevision = 1;
  readonly isRandomAccessPoint: boolean;
  #byteLength = 0;

  constructor(format: TrackFormat) {
    this.format = format;
    this.isRandomAccessPoint = format.kind === 'audio';
  }

  get byteLength(): number {
    return this.#byteLength;
  }

  plan(data: Uint8Array): AccessUnitPlan {
    if (data.length === 0) throw new KvsError('STATUS_MKV_INVALID_FRAME_DATA', 'An empty frame');
    this.#byteLength = data.length;
    return this;
  }

  writeTo(sink: ByteSink, data: Uint8Array): void {
    sink.write(data, 0, data.length);
  }
}
