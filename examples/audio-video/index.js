// Sends the tracks of a Matroska file (three at most) to a Kinesis video stream:
//
//   npm start STREAM FILE.mkv
import { createReadStream } from 'node:fs';
import { KinesisVideoProducer } from 'kvs-launch';
import { readFragments } from 'kvs-launch/consumer';

/**
 * How the producer is told of a track. Codecs that it knows better than as bytes have names.
 * @type {Record<string, Pick<import('kvs-launch').TrackDescription, 'mediaType' | 'streamFormat'>>}
 */
const CODECS = {
  'V_MPEG4/ISO/AVC': { mediaType: 'video/h264', streamFormat: 'avc' },
  'V_MPEGH/ISO/HEVC': { mediaType: 'video/h265', streamFormat: 'hvc1' },
  A_AAC: { mediaType: 'audio/mpeg', streamFormat: 'raw' },
};

/**
 * @param {import('kvs-launch/consumer').ConsumedTrack} track
 * @returns {import('kvs-launch').TrackInfo}
 */
function trackInfo({ number, name, kind, codecId, codecPrivate, ...format }) {
  const { width, height, samplingFrequencyHz: rateHz, channels } = format;
  const known = Object.entries({ width, height, rateHz, channels, codecData: codecPrivate });
  return {
    trackId: number,
    trackName: name || kind,
    description: {
      kind,
      ...(CODECS[codecId] ?? { mediaType: `${kind}/x-matroska`, codecId }),
      ...Object.fromEntries(known.filter(([, value]) => value !== undefined)),
    },
  };
}

const [streamName, file] = process.argv.slice(2);
if (streamName === undefined || file === undefined) {
  console.error('usage: npm start STREAM FILE.mkv');
  process.exit(2);
}
const producer = new KinesisVideoProducer();
/** @type {import('kvs-launch').KinesisVideoStream | undefined} */
let stream;
const startNs = BigInt(Date.now()) * 1_000_000n;
for await (const { tracks, frames } of readFragments(createReadStream(file))) {
  const trackInfoList = tracks.map(trackInfo);
  stream ??= producer.createStream({ streamName, streamingType: 'offline', trackInfoList });
  for (const { trackNumber, ptsNs, durationNs = 0n, isKeyFrame, data } of frames) {
    const times = { ptsNs: startNs + ptsNs, dtsNs: undefined, durationNs };
    await stream.putFrame({ trackId: trackNumber, ...times, isKeyFrame, data });
  }
}
await producer.stop();
console.log(`${stream?.metrics().storedFrames ?? 0} frames`);
