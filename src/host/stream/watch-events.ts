import type { ConnectionState } from '../../putmedia/uploader-api.ts';
import type { StreamPortEvents } from './stream-port.ts';

/** The same events, of which `watch` hears a few first. */
export function watchEvents(
  events: StreamPortEvents,
  watch: {
    /** Something was received or persisted. */
    acknowledged(): void;
    connection(state: ConnectionState): void;
  },
): StreamPortEvents {
  return {
    ready: (streamArn) => events.ready(streamArn),
    connection: (state) => {
      watch.connection(state);
      events.connection(state);
    },
    ack: (ack, info) => {
      if (ack.type === 'RECEIVED' || ack.type === 'PERSISTED') watch.acknowledged();
      events.ack(ack, info);
    },
    droppedFrames: (drop) => events.droppedFrames(drop),
    droppedFragment: (drop) => events.droppedFragment(drop),
    pressure: (pressure) => events.pressure(pressure),
    spool: (status) => events.spool(status),
    fragmentLeft: () => events.fragmentLeft(),
    clockError: (error) => events.clockError(error),
    bitrateAdvice: (advice) => events.bitrateAdvice(advice),
    error: (error, fatal) => events.error(error, fatal),
    warned: (warning) => events.warned(warning),
    keyFrameWanted: (trackId) => events.keyFrameWanted(trackId),
    closed: () => events.closed(),
  };
}
