import { KvsError } from '../../errors/kvs-error.ts';
import { PROPERTIES } from '../../host/settings/properties.ts';

export type VideoCodec = 'h264' | 'h265';

/** What streams one network camera. */
export type RtspOptions = {
  /** `rtsp://…` or `rtsps://…`, without the user's name and password. */
  readonly url: string;
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly streamName: string;
  /** What the camera sends; undefined: whichever of the two it turns out to be. */
  readonly codec: VideoCodec | undefined;
  /** TCP gets through every firewall and loses nothing; UDP has less delay. */
  readonly transport: 'tcp' | 'udp';
  /** Milliseconds that packets may come late. */
  readonly latencyMs: number;
  /** Sends the camera's sound as a second track; KVS plays AAC and G.711. */
  readonly audio: boolean;
  /** A camera that gives no frame for so long is connected to anew. */
  readonly stallMs: number;
  /** How long kvssink may take to send what it has: its stop-stream-timeout. */
  readonly stopTimeoutMs: number;
  /** Not again when it ends. */
  readonly once: boolean;
  /** Further properties of kvssink, as `name=value`. */
  readonly sink: readonly string[];
};

const DEFAULT_LATENCY_MS = 200;
const DEFAULT_STALL_MS = 30_000;

/** What `kvs-launch rtsp --help` prints. */
export const RTSP_HELP = `Usage: kvs-launch rtsp [options] [rtsp://[user:password@]camera/path] [kvssink properties]

Streams a network camera without transcoding: H.264 or H.265, and with --audio its audio.
Reconnects indefinitely when the camera or the network fails. SIGINT or SIGTERM ends the stream and
exits when everything is sent.

Options:
  --stream-name NAME   stream to send to (or STREAM_NAME in the environment)
    --codec NAME         h264 or h265 (default: try both)
  --udp                use RTP over UDP (default: TCP)
  --latency MS         how late packets may arrive (${DEFAULT_LATENCY_MS})
  --audio              send the camera's audio too (AAC, A-law or mu-law)
  --stall SECONDS      reconnect after this time without a frame (${DEFAULT_STALL_MS / 1000})
  --once               end when the connection ends
  --help               print this text

Set RTSP_URL in the environment instead of the address to hide a password from other users.
Write properties as for gst-launch-1.0: retention-period=24 storage-size=64 …
`;

function invalid(message: string, advice: string): KvsError {
  return new KvsError('STATUS_INVALID_ARG', message, { advice });
}

/** A number above zero, of whatever unit the option has. */
function readPositive(option: string, text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw invalid(`${option} ${text}: not a number above 0`, 'See kvs-launch rtsp --help.');
}

function readCodec(text: string): VideoCodec {
  if (text === 'h264' || text === 'h265') return text;
  throw invalid(`--codec ${text}: not h264 or h265`, 'See kvs-launch rtsp --help.');
}

/**
 * Reads the arguments after `kvs-launch rtsp`.
 * @throws KvsError STATUS_INVALID_ARG that names what is wrong or missing.
 */
export function readRtspOptions(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): RtspOptions {
  let address = env['RTSP_URL'];
  let streamName = env['STREAM_NAME'];
  let codec: VideoCodec | undefined;
  let transport: RtspOptions['transport'] = 'tcp';
  let latencyMs = DEFAULT_LATENCY_MS;
  let stallMs = DEFAULT_STALL_MS;
  let audio = false;
  let once = false;
  const sink: string[] = [];

  for (let index = 0; index < args.length; index += 1) {
    const argument = args[index] ?? '';
    const [option = '', inline] = argument.startsWith('--')
      ? [
          argument.split('=', 1)[0],
          argument.includes('=') ? argument.slice(argument.indexOf('=') + 1) : undefined,
        ]
      : [argument, undefined];
    const value = (): string => {
      const text = inline ?? args[++index];
      if (text === undefined) {
        throw invalid(`${option} needs a value`, 'See kvs-launch rtsp --help.');
      }
      return text;
    };
    if (option === '--stream-name') {
      streamName = value();
    } else if (option === '--codec') {
      codec = readCodec(value());
    } else if (option === '--udp') {
      transport = 'udp';
    } else if (option === '--latency') {
      latencyMs = readPositive(option, value());
    } else if (option === '--stall') {
      stallMs = readPositive(option, value()) * 1000;
    } else if (option === '--audio') {
      audio = true;
    } else if (option === '--once') {
      once = true;
    } else if (/^rtsps?:/i.test(argument)) {
      address = argument;
    } else if (/^[a-z][a-z0-9-]*=/i.test(argument)) {
      sink.push(argument);
    } else {
      throw invalid(
        `${argument}: neither an option, an address nor a property`,
        'See kvs-launch rtsp --help.',
      );
    }
  }

  const named = sink.find((property) => property.startsWith('stream-name='));
  streamName = named?.slice('stream-name='.length) ?? streamName;
  if (!address) {
    throw invalid('No camera is given', 'Give its address: kvs-launch rtsp rtsp://camera/path');
  }
  if (!streamName) {
    throw invalid(
      'No stream is given',
      'Set STREAM_NAME in the environment (docker run -e STREAM_NAME=…), or --stream-name.',
    );
  }
  return {
    ...readAddress(address),
    streamName,
    codec,
    transport,
    latencyMs,
    audio,
    stallMs,
    stopTimeoutMs: readStopTimeoutMs(sink),
    once,
    sink: sink.filter((property) => property !== named),
  };
}

/** What kvssink will make of its properties; what is wrong with them, it says itself. */
function readStopTimeoutMs(sink: readonly string[]): number {
  const given = sink.findLast((property) => property.startsWith('stop-stream-timeout='));
  const seconds = Number(given?.slice('stop-stream-timeout='.length));
  return (seconds > 0 ? seconds : PROPERTIES['stop-stream-timeout'].default) * 1000;
}

/** Takes name and password out of the address: rtspsrc has properties for them. */
function readAddress(address: string): Pick<RtspOptions, 'url' | 'user' | 'password'> {
  // Cut by hand: cameras have paths that URL would write differently.
  const match = /^(rtsps?:\/\/)(?:([^@/]*)@)?([^/@?]+(?:[/?].*)?)$/i.exec(address);
  const [, scheme, userInfo, rest] = match ?? [];
  if (scheme === undefined || rest === undefined) {
    const shown = address.replace(/\/\/[^@/]*@/, '//…@');
    throw invalid(`${shown}: not an address`, 'It has the form rtsp://camera:554/path');
  }
  const [user, ...password] = (userInfo ?? '').split(':');
  return {
    url: scheme + rest,
    user: user ? decode(user) : undefined,
    password: user ? decode(password.join(':')) : undefined,
  };
}

/** `%40` for `@`; a password with a lone `%` is taken as it is. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
