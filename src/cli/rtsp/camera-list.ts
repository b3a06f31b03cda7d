import { KvsError } from '../../errors/kvs-error.ts';
import { sinkServiceProperties } from '../process/aws-options.ts';
import { readCamerasFile } from './cameras-file.ts';
import type { Camera } from './network-camera.ts';
import { cameraDefaults, type RtspOptions } from './rtsp-options.ts';
import { readWords, singleCamera } from './single-camera.ts';

/** The cameras of a command line. */
export type CameraList = {
  /** They stand in a file, which may have others when it is read again. */
  readonly isFile: boolean;
  /** @throws KvsError STATUS_INVALID_ARG */
  readonly read: () => readonly Camera[];
};

/**
 * The one camera that the command line names, or those of the file that it names. Warnings about the
 * file go to standard error.
 * @throws KvsError STATUS_INVALID_ARG
 */
export function cameraList(
  words: readonly string[],
  options: RtspOptions,
  env: Readonly<Record<string, string | undefined>>,
): CameraList {
  const given = readWords(words);
  // Nearer to kvssink is what is said of its own properties.
  const sink = [...sinkServiceProperties(options), ...given.properties];
  const { cameras: file } = options;
  if (file === undefined) {
    const camera = singleCamera({ ...given, properties: sink }, options, env);
    return { isFile: false, read: () => [camera] };
  }
  const alone = [
    ...(given.address === undefined ? [] : ['an address']),
    ...(options.streamName === undefined ? [] : ['--stream-name']),
    ...given.properties.filter((property) => property.startsWith('stream-name=')),
  ];
  if (alone.length > 0) {
    throw new KvsError('STATUS_INVALID_ARG', `${alone.join(' and ')} beside --cameras`, {
      advice: 'Write every camera and its stream into the file.',
    });
  }
  const read = (): readonly Camera[] => {
    const { cameras, warnings } = readCamerasFile(file, { ...cameraDefaults(options), sink }, env);
    for (const warning of warnings) process.stderr.write(`WARNING: ${warning}\n`);
    return cameras;
  };
  return { isFile: true, read };
}
