import { durationText } from '../../../runtime/duration-text.ts';
import type { PackageIndex } from '../../launch/apt-lists.ts';
import { missingFeature, missingFeatureAdvice } from '../../launch/debian-packages.ts';
import { about, type Finding } from '../findings/finding.ts';
import { LONGEST_FRAGMENT_MS, type TrackReport } from './probe-report.ts';

const MEDIA = about('media', 'the-video-does-not-play');
const FRAMES = about('frames', 'no-frames-arrive');
const KEY_FRAMES = about('key frames', 'the-latency-is-high');
const B_FRAMES = about('B-frames', 'the-latency-is-high');
const TIMES = about('timestamps', 'the-timestamps-are-wrong');

/** A viewer waits for a whole fragment. */
const PATIENT_MS = 5_000;
/** What is enough of a look to judge a stream with one key frame. */
const LONG_ENOUGH_MS = 3_500;

/** What the service's players decode. */
const PLAYABLE = new Set(['video/x-h264', 'video/x-h265', 'audio/mpeg']);

/** Players in browsers have no more than these. */
const COMMON_PROFILES = new Set(['Baseline', 'Main', 'High', 'Main 10', undefined]);

/** A pipeline that did not play. */
export function failureFinding(text: string, debug: string, index: PackageIndex): Finding {
  const missing = missingFeature(`${text}\n${debug}`);
  if (missing !== undefined) {
    const subject = about('pipeline', 'no-element-or-the-wrong-kvssink');
    return subject.problem(sentence(text), missingFeatureAdvice(missing, index));
  }
  const all = `${text} ${debug}`;
  if (/v4l2|\/dev\/video|libcamera|no camera/i.test(all)) {
    return about('pipeline', 'the-camera-is-not-found').problem(
      sentence(text),
      'kvs-launch camera --list',
    );
  }
  if (/could not link|not-negotiated|not negotiated|no common format/i.test(all)) {
    return about('pipeline', 'not-negotiated-or-could-not-link').problem(
      sentence(text),
      'Put what converts between the two: videoconvert before an encoder, h264parse behind it.',
    );
  }
  const detail = detailIn(debug);
  const whole = detail === '' || text.includes(detail) ? text : `${withoutDot(text)}: ${detail}`;
  return about('pipeline', 'no-frames-arrive').problem(sentence(whole), PLAY_IT);
}

/** What gst-launch-1.0 prints in place of the service's answers. */
export const PLAY_IT = 'gst-launch-1.0 -v … ! fakesink, with the same elements in front of kvssink';

/** The element's name and its own words, behind the place in GStreamer's source. */
function detailIn(debug: string): string {
  const [place = '', ...lines] = debug.trim().split('\n');
  const [, element] = /\/[^/:]+:([^/:]+):?$/.exec(place) ?? [];
  return [element, lines.join(' ').trim()].filter(Boolean).join(': ');
}

function withoutDot(text: string): string {
  return text.trim().replace(/\.$/, '');
}

function sentence(text: string): string {
  const trimmed = text.trim().replace(/\s+/g, ' ');
  return /[.!?]$/.test(trimmed) ? trimmed : `${trimmed}.`;
}

/** What the probe has seen of one track. */
export function trackFindings(track: TrackReport, isOneOfMany: boolean): readonly Finding[] {
  const where = isOneOfMany ? `${track.element} track ${track.track}: ` : '';
  const named = (finding: Finding): Finding => ({ ...finding, text: where + finding.text });
  if (track.frames === 0) return [named(FRAMES.problem('No frame has come to kvssink.', PLAY_IT))];
  const findings = [mediaFinding(track), timesFinding(track)];
  if (isVideo(track)) findings.push(keyFrameFinding(track), reorderingFinding(track));
  return findings.filter((finding) => finding !== undefined).map(named);
}

function isVideo({ mediaType }: TrackReport): boolean {
  return !mediaType.startsWith('audio/');
}

function mediaFinding(track: TrackReport): Finding {
  const { mediaType, streamFormat, alignment, profile, width, height } = track;
  const seconds = track.spanMs / 1000;
  const parts = [
    mediaType,
    ...(profile === undefined ? [] : [profile]),
    ...(streamFormat === undefined ? [] : [streamFormat]),
    ...(alignment === undefined ? [] : [`alignment=${alignment}`]),
    ...(width === undefined || height === undefined ? [] : [`${width}x${height}`]),
    ...(seconds > 0 && isVideo(track) ? [`${rounded((track.frames - 1) / seconds)} fps`] : []),
    ...(seconds > 0 ? [`${Math.round((track.bytes * 8) / seconds / 1000)} kbit/s`] : []),
  ];
  const text = `${parts.join(', ')}.`;
  if (track.unreadable !== undefined) {
    const { text: why, advice } = track.unreadable;
    return MEDIA.problem(
      `${text} It cannot be stored as it is: ${sentence(why)}`,
      `${advice}\nPut h264parse (h265parse, aacparse) in front of kvssink.`.trim(),
    );
  }
  if (!PLAYABLE.has(mediaType)) {
    return MEDIA.warning(
      `${text} It is stored, but neither the console nor HLS plays it.`,
      isVideo(track)
        ? '… ! decodebin ! videoconvert ! x264enc ! h264parse ! kvssink'
        : '… ! audioconvert ! audioresample ! avenc_aac ! aacparse ! kvssink.',
    );
  }
  if (!COMMON_PROFILES.has(profile)) {
    return MEDIA.warning(
      `${text} Browsers do not play ${profile}.`,
      '… ! videoconvert ! video/x-raw,format=I420 ! x264enc ! …',
    );
  }
  return MEDIA.ok(text);
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}

function keyFrameFinding(track: TrackReport): Finding {
  const { keyFrames, spanMs, sinceKeyMs, longestKeyIntervalMs } = track;
  const fps = spanMs > 0 ? Math.round(((track.frames - 1) / spanMs) * 1000) : 25;
  const remedy = `x264enc key-int-max=${Math.max(1, fps * 2)} (a key frame every 2 s), or the camera’s own setting`;
  if (keyFrames === 0) {
    return KEY_FRAMES.problem(
      `There was none in ${durationText(spanMs)}; nothing is sent before the first.`,
      remedy,
    );
  }
  const intervalMs = Math.max(longestKeyIntervalMs, sinceKeyMs);
  if (intervalMs > LONGEST_FRAGMENT_MS) {
    return KEY_FRAMES.problem(
      `They are ${durationText(intervalMs)} apart or more; the service takes fragments of at most ` +
        `${durationText(LONGEST_FRAGMENT_MS)}.`,
      remedy,
    );
  }
  if (intervalMs > PATIENT_MS || (keyFrames === 1 && sinceKeyMs > LONG_ENOUGH_MS)) {
    const text = keyFrames === 1 ? 'There was one' : 'They are';
    const rest =
      keyFrames === 1 ? ` in ${durationText(spanMs)}` : ` up to ${durationText(intervalMs)} apart`;
    return KEY_FRAMES.warning(`${text}${rest}; whoever watches is late by as much.`, remedy);
  }
  return KEY_FRAMES.ok(
    keyFrames === 1
      ? `There was one in ${durationText(spanMs)}.`
      : `They are up to ${durationText(longestKeyIntervalMs)} apart.`,
  );
}

function reorderingFinding({ reordered, isLive }: TrackReport): Finding {
  if (reordered === 0) return B_FRAMES.ok('There are none.');
  if (!isLive) return B_FRAMES.ok('There are some; they are stored and played in order.');
  return B_FRAMES.warning(
    'There are some: the encoder holds each frame back until those behind it are there.',
    'x264enc bframes=0 tune=zerolatency',
  );
}

function timesFinding({ withoutPts, jumpsBack, frames }: TrackReport): Finding {
  if (withoutPts > 0) {
    return TIMES.warning(
      `${withoutPts} of ${frames} frames have no PTS; they get the time at which they arrive.`,
      'Set do-timestamp=true on the source, or put a parser in front of kvssink.',
    );
  }
  if (jumpsBack > 0) {
    return TIMES.warning(
      `They jumped back${jumpsBack === 1 ? '' : ` ${jumpsBack} times`}.`,
      'Have the source restart, or use a demuxer that keeps its timeline; see times.md.',
    );
  }
  return TIMES.ok('All frames have a PTS.');
}
