import type { Clock } from '../../runtime/clock.ts';
import type { OpenStream, StreamPort } from '../stream/stream-port.ts';
import { watchEvents } from '../stream/watch-events.ts';
import {
  type HealthRecord,
  machineMonotonicMs,
  readHealthRecord,
  type StreamHealth,
  writeHealthRecord,
} from './health-record.ts';

/** Frames and acks come many times a second; the file need not. */
const WRITE_INTERVAL_MS = 1_000;

type Moments = { -readonly [name in keyof StreamHealth]: StreamHealth[name] };

/**
 * Writes down each stream's last frame and last ack at `path` (KVS_HEALTH_FILE), at most once a
 * second, for `kvs-launch health` and so for Docker's HEALTHCHECK. A file that cannot be written
 * does not disturb the streams: whoever reads it sees that it grows old.
 * @returns a function that opens streams as `openStream` does, and watches them.
 */
export function watchHealth(
  openStream: OpenStream,
  path: string,
  clock: Clock,
  nowMs: () => number = machineMonotonicMs,
): OpenStream {
  const streams = new Map<string, Moments>();
  let ackedMs = readHealthRecord(path)?.ackedMs;
  let dirty = false;
  let resting = false;

  const changed = (): void => {
    dirty = true;
    if (resting) return;
    resting = true;
    dirty = false;
    const record: HealthRecord = {
      ...(ackedMs === undefined ? {} : { ackedMs }),
      streams: Object.fromEntries(streams),
    };
    const rest = (): void => {
      clock.after(WRITE_INTERVAL_MS, () => {
        resting = false;
        if (dirty) changed();
      });
    };
    writeHealthRecord(path, record).then(rest, rest);
  };

  return (settings, config, events, log) => {
    const { streamName, streamArn } = settings.stream;
    const name = streamName ?? streamArn ?? config.element;
    const now = nowMs();
    const moments: Moments = { ackedMs: now, frameMs: now };
    const forget = (): void => {
      if (streams.get(name) === moments) streams.delete(name);
      changed();
    };
    streams.set(name, moments);
    changed();
    const watched = watchEvents(events, {
      acknowledged: () => {
        ackedMs = nowMs();
        moments.ackedMs = ackedMs;
        changed();
      },
      connection: ({ kind }) => {
        if (kind === 'failed') forget();
      },
    });
    return watchFrames(openStream(settings, config, watched, log), {
      frame: () => {
        moments.frameMs = nowMs();
        changed();
      },
      ended: forget,
    });
  };
}

function watchFrames(port: StreamPort, watch: { frame(): void; ended(): void }): StreamPort {
  return {
    addTrack: (info) => port.addTrack(info),
    removeTrack: (trackId) => port.removeTrack(trackId),
    noMoreTracks: () => port.noMoreTracks(),
    setTrackFormat: (trackId, description) => port.setTrackFormat(trackId, description),
    putFrame: (frame) => {
      watch.frame();
      return port.putFrame(frame);
    },
    setBackPressure: (waits, aheadBytes) => port.setBackPressure(waits, aheadBytes),
    putFragmentMetadata: (name, value, persistent, position) =>
      port.putFragmentMetadata(name, value, persistent, position),
    putEventMetadata: (events, metadata, position) =>
      port.putEventMetadata(events, metadata, position),
    neededFrom: () => port.neededFrom(),
    gap: (trackId, untilNs) => port.gap(trackId, untilNs),
    endTrack: (trackId) => port.endTrack(trackId),
    discontinuity: () => port.discontinuity(),
    stampsAhead: (aheadMs) => port.stampsAhead(aheadMs),
    leftOut: (trackId, drop) => port.leftOut(trackId, drop),
    drain: (timeoutMs) => port.drain(timeoutMs),
    close: () => {
      watch.ended();
      return port.close();
    },
    metrics: () => port.metrics(),
  };
}
