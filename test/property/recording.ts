import type { HostContext } from '../../src/host/element/host-context.ts';
import { streamOpener } from '../../src/host/stream/open-stream.ts';
import { monotonicClock } from '../../src/host/times/monotonic.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { noAccess } from '../producer/support/rig.ts';
import { SinkUploader } from '../producer/support/sink-uploader.ts';

/** One block as it was stored. */
export type RecordedBlock = {
  readonly track: number;
  /** Epoch ms, or media ms. */
  readonly timeMs: number;
  readonly isKeyFrame: boolean;
  /** What the test wrote behind the frame. */
  readonly id: number;
};

/** All fragments of a stream, in order. */
export type Recording = {
  readonly stream: string;
  readonly fragments: readonly { readonly session: number; readonly blocks: RecordedBlock[] }[];
};

/** A core that stores what it is given, and has nobody to send it to. */
export function recordingContext(record: (recording: Recording) => void): HostContext {
  const clock = systemClock;
  const openStream = (name: (sink: SinkUploader) => void) =>
    streamOpener({}, clock, {}, undefined, {
      access: noAccess,
      createUploader: (settings, dependencies) => {
        const sink = new SinkUploader(settings, dependencies, {});
        name(sink);
        return sink;
      },
    });
  return {
    clock,
    monotonic: monotonicClock(clock),
    openStream: (settings, config, events, log) => {
      let sink: SinkUploader | undefined;
      const port = openStream((made) => {
        sink = made;
      })(settings, config, events, log);
      const close = port.close.bind(port);
      let isRecorded = false;
      port.close = () => {
        if (!isRecorded) record(recordingOf(settings.stream.streamName ?? '', sink));
        isRecorded = true;
        return close();
      };
      return port;
    },
  };
}

function recordingOf(stream: string, sink: SinkUploader | undefined): Recording {
  const sessions = sink?.read() ?? [];
  return {
    stream,
    fragments: sessions.flatMap(({ clusters }, session) =>
      clusters.map(({ blocks }) => ({
        session,
        blocks: blocks.map(({ track, timecode, isKeyFrame, id }) => ({
          track,
          timeMs: timecode,
          isKeyFrame,
          id,
        })),
      })),
    ),
  };
}
