import type { RtspOptions } from './rtsp-options.ts';

/**
 * The pipeline that streams a network camera, as arguments of gst-launch-1.0.
 *
 * parsebin finds depayloader and parser for whatever codec the camera has. The elements are named,
 * because a camera offers its tracks in any order: each branch takes the one with its media.
 */
export function rtspPipeline(options: RtspOptions): string[] {
  const branch = (media: string): string[] =>
    `camera. ! application/x-rtp,media=${media} ! parsebin ! queue ! sink.`.split(' ');
  return [
    'kvssink',
    'name=sink',
    `stream-name=${quote(options.streamName)}`,
    ...options.sink.map(quoteProperty),
    'rtspsrc',
    'name=camera',
    `location=${quote(options.url)}`,
    `protocols=${options.transport}`,
    `latency=${Math.round(options.latencyMs)}`,
    ...(options.user === undefined ? [] : [`user-id=${quote(options.user)}`]),
    ...(options.password === undefined ? [] : [`user-pw=${quote(options.password)}`]),
    ...branch('video'),
    ...(options.audio ? branch('audio') : []),
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
