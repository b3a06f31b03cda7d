import { KvsError } from '../../errors/kvs-error.ts';
import { PROPERTIES } from '../../host/settings/properties.ts';

/** What cameras send, as this command can store it. */
export const CODECS = ['h264', 'h265'] as const;
export type VideoCodec = (typeof CODECS)[number];

/** TCP gets through every firewall and loses nothing; UDP has less delay. */
export const TRANSPORTS = ['tcp', 'udp'] as const;
export type Transport = (typeof TRANSPORTS)[number];

/** One network camera, and how it is streamed. */
export type Camera = {
  /** What messages call it; no two cameras have the same. */
  readonly name: string;
  /** `rtsp://…` or `rtsps://…`, without the user's name and password. */
  readonly url: string;
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly streamName: string;
  /** Further properties of kvssink, as `name=value`; the last of a name counts. */
  readonly sink: readonly string[];
} & CameraDefaults;

/** What a camera can leave to others to say. */
export type CameraDefaults = {
  /** What the camera sends; undefined: whichever of the two it turns out to be. */
  readonly codec: VideoCodec | undefined;
  readonly transport: Transport;
  /** How late packets may come. */
  readonly latencyMs: number;
  /** Sends the camera's sound as a second track; KVS plays AAC and G.711. */
  readonly audio: boolean;
  /** A camera that gives no frame for so long is connected to anew. */
  readonly stallMs: number;
};

export const DEFAULTS: CameraDefaults = {
  codec: undefined,
  transport: 'tcp',
  latencyMs: 200,
  audio: false,
  stallMs: 30_000,
};

/**
 * Takes name and password out of an address: rtspsrc has properties for them.
 * @throws KvsError STATUS_INVALID_ARG, whose text shows neither.
 */
export function readAddress(address: string): Pick<Camera, 'url' | 'user' | 'password'> {
  // Cut by hand: cameras have paths that URL would write differently.
  const match = /^(rtsps?:\/\/)(?:([^@/]*)@)?([^/@?]+(?:[/?].*)?)$/i.exec(address);
  const [, scheme, userInfo, rest] = match ?? [];
  if (scheme === undefined || rest === undefined) {
    const shown = address.replace(/\/\/.*@/, '//…@');
    throw new KvsError('STATUS_INVALID_ARG', `${shown}: not an address`, {
      advice: 'It has the form rtsp://camera:554/path',
    });
  }
  const [user, ...password] = (userInfo ?? '').split(':');
  return {
    url: scheme + rest,
    user: user ? decode(user) : undefined,
    password: user ? decode(password.join(':')) : undefined,
  };
}

/** How long a camera's kvssink may take to send what it has, once it is asked to end. */
export function stopTimeoutMs({ sink }: Pick<Camera, 'sink'>): number {
  const seconds = Number(sinkProperty(sink, 'stop-stream-timeout'));
  // What is wrong with a value, kvssink says itself.
  return (seconds > 0 ? seconds : PROPERTIES['stop-stream-timeout'].default) * 1000;
}

/** The value that kvssink will have for a property; undefined when none is given. */
export function sinkProperty(sink: readonly string[], name: string): string | undefined {
  return sink.findLast((property) => property.startsWith(`${name}=`))?.slice(name.length + 1);
}

/** `%40` for `@`; a password with a lone `%` is taken as it is. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
