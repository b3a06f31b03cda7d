import { KvsError } from '../../errors/kvs-error.ts';
import { GStreamerFile } from './gstreamer/gstreamer-file.ts';
import { MatroskaFile } from './matroska/matroska-file.ts';
import type { MediaFile } from './media/media-file.ts';
import { MediabunnyFile } from './mediabunny/mediabunny-file.ts';
import { transportStreamTypes } from './mediabunny/transport-stream.ts';
import type { PutInput } from './put-input.ts';

/**
 * Whatever reads the input.
 * @param frameRate pictures per second, of files that do not say it
 * @throws KvsError STATUS_FORMAT_ERROR for a file that is empty
 */
export async function openMedia(
  input: PutInput,
  frameRate: number | undefined,
): Promise<MediaFile> {
  const { path, label, bytes, format } = input;
  if (bytes === 0) throw new KvsError('STATUS_FORMAT_ERROR', 'The file is empty', { advice: '' });
  if (path === undefined || bytes === undefined || format === 'matroska') {
    return new MatroskaFile(input.chunks(), { isPipe: bytes === undefined });
  }
  const isMp4 = format === 'mp4';
  if (isMp4 || (await isReadByMediabunny(path))) {
    return new MediabunnyFile({ path, label, bytes, isMp4 });
  }
  return new GStreamerFile({ path, label, bytes, frameRate });
}

/** Stream types of MPEG-TS: H.264, H.265, AAC. Mediabunny passes over what else there is. */
const READ_BY_MEDIABUNNY: ReadonlySet<number> = new Set([0x1b, 0x24, 0x0f]);

/** Whether it is an MPEG-TS file all of whose tracks mediabunny reads. */
async function isReadByMediabunny(path: string): Promise<boolean> {
  const types = await transportStreamTypes(path);
  return types?.every((type) => READ_BY_MEDIABUNNY.has(type)) === true;
}
