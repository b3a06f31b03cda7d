import { KvsError } from '../../errors/kvs-error.ts';
import { GStreamerFile } from './gstreamer/gstreamer-file.ts';
import { MatroskaFile } from './matroska/matroska-file.ts';
import type { MediaFile } from './media/media-file.ts';
import { Mp4File } from './mp4/mp4-file.ts';
import type { PutInput } from './put-input.ts';

/**
 * Whatever reads the input.
 * @param frameRate pictures per second, of files that do not say it
 * @throws KvsError STATUS_FORMAT_ERROR for a file that is empty
 */
export function openMedia(input: PutInput, frameRate: number | undefined): MediaFile {
  const { path, label, bytes, format } = input;
  if (bytes === 0) throw new KvsError('STATUS_FORMAT_ERROR', 'The file is empty', { advice: '' });
  if (path === undefined || bytes === undefined || format === 'matroska') {
    return new MatroskaFile(input.chunks());
  }
  if (format === 'mp4') return new Mp4File({ path, label, bytes });
  return new GStreamerFile({ path, label, bytes, frameRate });
}
