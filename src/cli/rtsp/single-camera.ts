import { KvsError } from '../../errors/kvs-error.ts';
import { type Camera, readAddress, sinkProperty } from './network-camera.ts';
import { cameraDefaults, type RtspOptions } from './rtsp-options.ts';

/** What stands on the command line beside the options. */
export type RtspWords = {
  /** As it was given, perhaps with a password. */
  readonly address: string | undefined;
  /** Properties of kvssink, as `name=value`. */
  readonly properties: readonly string[];
};

/**
 * Sorts the words of the command line.
 * @throws KvsError STATUS_INVALID_ARG for one that is neither an address nor a property.
 */
export function readWords(words: readonly string[]): RtspWords {
  const properties: string[] = [];
  let address: string | undefined;
  for (const word of words) {
    if (/^rtsps?:/i.test(word)) {
      if (address !== undefined) {
        throw invalid(
          'Two cameras are given',
          'Write them into a file: kvs-launch rtsp --cameras cameras.yaml',
        );
      }
      address = word;
    } else if (/^[a-z][a-z0-9-]*=/i.test(word)) {
      properties.push(word);
    } else {
      throw invalid(`${word}: neither an address nor a property`, 'See kvs-launch rtsp --help.');
    }
  }
  return { address, properties };
}

/**
 * The camera of a command line that names one.
 * @param env has RTSP_URL and STREAM_NAME, for what the command line does not say.
 * @throws KvsError STATUS_INVALID_ARG that names what is wrong or missing.
 */
export function singleCamera(
  { address, properties }: RtspWords,
  options: RtspOptions,
  env: Readonly<Record<string, string | undefined>>,
): Camera {
  const given = address ?? env['RTSP_URL'];
  const streamName =
    sinkProperty(properties, 'stream-name') ?? options.streamName ?? env['STREAM_NAME'];
  if (!given) {
    throw invalid(
      'No camera is given',
      'Give its address, kvs-launch rtsp rtsp://camera/path, or many in a file: --cameras',
    );
  }
  if (!streamName) {
    throw invalid(
      'No stream is given',
      'Set STREAM_NAME in the environment (docker run -e STREAM_NAME=…), or --stream-name.',
    );
  }
  return {
    name: streamName,
    ...readAddress(given),
    streamName,
    sink: properties.filter((property) => !property.startsWith('stream-name=')),
    ...cameraDefaults(options),
  };
}

function invalid(message: string, advice: string): KvsError {
  return new KvsError('STATUS_INVALID_ARG', message, { advice });
}
