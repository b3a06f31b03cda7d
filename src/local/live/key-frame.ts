import type { ReadTrack } from '../../matroska/reader-handlers.ts';
import { ServiceError } from '../errors/service-error.ts';
import type { FragmentRecord } from '../fragments/fragment-record.ts';
import type { StreamFragments } from '../fragments/stream-fragments.ts';
import { type Mp4Track, mp4Track } from '../playback/fmp4/codec.ts';
import { initSegment } from '../playback/fmp4/init-segment.ts';
import { mediaSegment } from '../playback/fmp4/media-segment.ts';
import { readFragmentMedia } from '../playback/fragment-media.ts';
import type { LocalStream } from '../streams/local-stream.ts';

const TIMESCALE = 1000;
const SHOWN_MS = 40;

/**
 * One key frame as an MP4 file: a still picture that the browser decodes by itself. The newest
 * one, of what is just being received if the stream is live, or that of the fragment at a time.
 * @param atMs epoch ms by producer timestamps; undefined for the newest.
 * @throws ServiceError ResourceNotFoundException when there is none,
 *   UnsupportedStreamMediaTypeException when there is no video that can be played back.
 */
export async function keyFrameMp4(stream: LocalStream, atMs: number | undefined): Promise<Buffer> {
  if (atMs === undefined) {
    const live = stream.live.group.find(({ track, isKeyFrame }) => track.type === 1 && isKeyFrame);
    if (live !== undefined) return still(playableVideo(live.track), live.data);
  }
  const record = await fragmentAt(stream.fragments, atMs);
  if (record === undefined) {
    const when = atMs === undefined ? '' : ` at ${new Date(atMs).toISOString()}`;
    throw missing(`The stream '${stream.record.name}' has no fragments${when}.`);
  }
  const media = await readFragmentMedia(stream.fragments, record, 'HLS');
  const video = media.tracks.find(({ kind }) => kind === 'video');
  if (video === undefined) throw noVideo(media.tracks.map(({ codec }) => codec).join(', '));
  const run = media.runs.find(({ track }) => track === video.number);
  const frame = run?.samples.find(({ isKeyFrame }) => isKeyFrame);
  if (frame === undefined) throw missing(`The fragment ${record.number} has no key frame.`);
  return still(video, frame.data);
}

async function fragmentAt(
  fragments: StreamFragments,
  atMs: number | undefined,
): Promise<FragmentRecord | undefined> {
  await fragments.ready();
  if (atMs === undefined) return fragments.newest;
  for await (const record of fragments.select({ fromMs: atMs, untilMs: atMs })) return record;
  return undefined;
}

function still(track: Mp4Track, data: Uint8Array): Buffer {
  const samples = [{ pts: 0, isKeyFrame: true, data }];
  const run = { track: track.number, samples, lastDuration: SHOWN_MS };
  return Buffer.concat([initSegment([track], TIMESCALE), ...mediaSegment(1, [run])]);
}

function playableVideo(track: ReadTrack): Mp4Track {
  const found = mp4Track(track);
  if (found === undefined) throw noVideo(track.codecId);
  return found;
}

function noVideo(codecs: string): ServiceError {
  return new ServiceError(
    'UnsupportedStreamMediaTypeException',
    `There is no video that can be played back; the stream has ${codecs || 'no tracks'}.`,
  );
}

function missing(message: string): ServiceError {
  return new ServiceError('ResourceNotFoundException', message);
}
