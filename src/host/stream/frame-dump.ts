import type { Frame } from '../../producer/info/frame.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { StreamPort } from './stream-port.ts';

/** Upstream's variable: set to anything, each frame has a line in the log at debug. */
export const FRAME_DUMP_VARIABLE = 'DEBUG_DUMP_FRAME_INFO';

/** The same stream, which writes a line for each frame that it is given. */
export function withFrameDump(port: StreamPort, log: Logger): StreamPort {
  return {
    ...port,
    putFrame: (frame: Frame) => {
      const { trackId, ptsNs, dtsNs, durationNs, isKeyFrame, data } = frame;
      log.debug('frame', {
        track: trackId,
        ptsNs,
        dtsNs,
        durationNs,
        bytes: data.length,
        key: isKeyFrame,
      });
      return port.putFrame(frame);
    },
  };
}
