import { asKvsError, KvsError } from '../../errors/kvs-error.ts';
import { STREAM_FORMAT } from '../bus/bus-messages.ts';
import type { BusReporter } from '../bus/bus-reporter.ts';
import type { StreamPort } from '../stream/stream-port.ts';
import { parseMessage } from '../wire/element-json.ts';
import type { ElementMessageView } from '../wire/element-reader.ts';
import { ElementMessage, type GstCapsJson, type PadConfig } from '../wire/wire.ts';
import type { ElementTracks } from './element-tracks.ts';

/** The stream that is open, and the bus of its element. */
type OpenStream = { readonly stream: StreamPort; readonly reporter: BusReporter };

/**
 * What a message says of which tracks there are (track) and of what they carry (caps): the stream
 * hears of it at once if it is open, and else when it is opened again.
 * @returns a promise while the last access unit of a track waits for room
 * @throws KvsError for what the core cannot store
 */
export function changeTracks(
  tracks: ElementTracks,
  open: OpenStream | undefined,
  message: ElementMessageView,
): Promise<void> | undefined {
  const { type, track, payload } = message;
  if (type === ElementMessage.caps) {
    return changeCaps(tracks, open, track, parseMessage.caps(payload));
  }
  if (payload.length > 0) {
    join(tracks, open, parseMessage.pad(payload));
    return undefined;
  }
  if (track === 0) {
    open?.stream.noMoreTracks();
    return undefined;
  }
  return after(tracks.finish(track), () => {
    if (tracks.remove(track)) open?.stream.removeTrack(track);
  });
}

/**
 * What a pad's peer may send names the medium, for the content type of a stream that is created
 * now; the rest of it may be open still. The CAPS that follow say all, and complain where something
 * is missing.
 */
export function describeAllowed(
  tracks: ElementTracks,
  { stream }: OpenStream,
  { track, caps }: PadConfig,
): void {
  if (caps === undefined) return;
  try {
    stream.setTrackFormat(track, tracks.describe(track, caps));
  } catch (error) {
    if (!(error instanceof KvsError)) throw error;
  }
}

/** Does something at once, or when what is to be waited for is over. */
export function after(
  wait: Promise<void> | undefined,
  then: () => void,
): Promise<void> | undefined {
  if (wait !== undefined) return wait.then(then);
  then();
  return undefined;
}

function join(tracks: ElementTracks, open: OpenStream | undefined, pad: PadConfig): void {
  const info = tracks.add(pad);
  if (open === undefined) return;
  open.stream.addTrack(info);
  describeAllowed(tracks, open, pad);
}

function leftOut(track: number, cause: KvsError): KvsError {
  const text = `Track ${track}, which has joined the stream, cannot be stored and is left out`;
  return new KvsError(cause.code, `${text}: ${cause.message}`, { cause, advice: cause.advice });
}

function changeCaps(
  tracks: ElementTracks,
  open: OpenStream | undefined,
  track: number,
  caps: GstCapsJson,
): Promise<void> | undefined {
  // A pad that is gone: its caps are told to every host that replaces another.
  if (!tracks.has(track)) return undefined;
  return after(tracks.finish(track), () => {
    try {
      const description = tracks.setCaps(track, caps);
      open?.stream.setTrackFormat(track, description);
    } catch (error) {
      // A pad that was added to a stream which plays must not end it.
      if (open === undefined || !tracks.refuse(track)) throw error;
      open.reporter.warning(STREAM_FORMAT, leftOut(track, asKvsError(error)));
    }
  });
}
