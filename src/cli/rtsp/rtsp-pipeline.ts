import type { Camera } from './network-camera.ts';
import type { Tracks } from './track-choice.ts';

/** The elements that take the video of a codec out of RTP. */
const VIDEO = {
  h264: 'application/x-rtp,media=video,encoding-name=H264 ! rtph264depay name=video ! h264parse',
  h265: 'application/x-rtp,media=video,encoding-name=H265 ! rtph265depay name=video ! h265parse',
} as const;

/**
 * The pipeline that streams a network camera, as arguments of gst-launch-1.0.
 *
 * The elements are named, because a camera offers its tracks in any order: each branch takes the one
 * with its media. The pads of kvssink are named too, as a queue that has no caps yet would be given
 * either kind; and so is the first element of each branch, by which missingTrack knows it.
 * (parsebin would do for any codec, but GStreamer 1.26's gives NAL units, not frames.)
 */
export function rtspPipeline(camera: Camera, tracks: Tracks): string[] {
  const branch = (chain: string, pad: string): string[] =>
    `camera. ! ${chain} ! queue ! sink.${pad}`.split(' ');
  return [
    'kvssink',
    'name=sink',
    `stream-name=${quote(camera.streamName)}`,
    ...camera.sink.map(quoteProperty),
    'rtspsrc',
    'name=camera',
    `location=${quote(camera.url)}`,
    `protocols=${camera.transport}`,
    `latency=${Math.round(camera.latencyMs)}`,
    ...(camera.user === undefined ? [] : [`user-id=${quote(camera.user)}`]),
    ...(camera.password === undefined ? [] : [`user-pw=${quote(camera.password)}`]),
    ...branch(VIDEO[tracks.codec], 'video_0'),
    ...(tracks.audio
      ? branch('application/x-rtp,media=audio ! parsebin name=sound', 'audio_0')
      : []),
  ];
}

/** A value that the parser takes literally, whatever is in it. */
function quote(value: string): string {
  return `"${value.replace(/["\\]/g, '\\$&')}"`;
}

function quoteProperty(property: string): string {
  const equals = property.indexOf('=');
  return `${property.slice(0, equals)}=${quote(property.slice(equals + 1))}`;
}
