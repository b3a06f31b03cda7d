import type { Mp4Track } from '../fmp4/codec.ts';
import { HEAD_START_MS, TRACK_NUMBERS } from '../segments.ts';
import { bitsPerSecond, type PlaybackEntry } from '../sessions/playback-entry.ts';
import type { PlaybackSession } from '../sessions/playback-session.ts';

/** Units per second of all times in the manifest. */
const TIMESCALE = 1000;
/** How often a player of a session that goes on fetches the manifest (PlaybackMode). */
const UPDATE_SECONDS = 1;

/** Entries that one initialization segment is good for, and the tracks they have. */
export type DashPeriod = {
  readonly entries: readonly PlaybackEntry[];
  readonly tracks: readonly Mp4Track[];
};

/** The entries of a session by their format: each needs an initialization segment of its own. */
export function byFormat(entries: readonly PlaybackEntry[]): PlaybackEntry[][] {
  const groups: PlaybackEntry[][] = [];
  entries.forEach((entry, i) => {
    const isSame = i > 0 && entries[i - 1]?.formatId === entry.formatId;
    if (isSame) groups.at(-1)?.push(entry);
    else groups.push([entry]);
  });
  return groups;
}

/**
 * The manifest (ISO/IEC 23009-1) of a session as it stands: one period for each format, in which
 * each track is an adaptation set with its own time line of segments.
 */
export function manifest(
  session: PlaybackSession,
  periods: readonly DashPeriod[],
  nowMs: number,
): string {
  const { entries } = session;
  const first = entries[0];
  const last = entries.at(-1);
  const shownFromMs = first?.mediaMs ?? 0;
  const endMs = last === undefined ? 0 : last.mediaMs + last.durationMs;
  const longestMs = Math.max(1, ...entries.map((entry) => entry.durationMs));
  const attributes = {
    xmlns: 'urn:mpeg:dash:schema:mpd:2011',
    'xmlns:kvs': 'http://kinesisvideo.amazonaws.com/dash',
    profiles: 'urn:mpeg:dash:profile:isoff-live:2011',
    minBufferTime: duration(longestMs),
    maxSegmentDuration: duration(longestMs),
    ...(session.isOver
      ? // One that went on until now keeps its time line: its players are on it.
        { type: 'static', mediaPresentationDuration: duration(endMs) }
      : dynamic(session, endMs - shownFromMs, longestMs)),
  };
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<MPD${written(attributes)}>`,
    ...periods.flatMap((period) => periodLines(session, period)),
    // Players would ask a server on the Internet for the time.
    ...(session.isOver ? [] : [`  <UTCTiming${written(utcTiming(nowMs))}/>`]),
    '</MPD>',
    '',
  ].join('\n');
}

function utcTiming(nowMs: number): Record<string, string> {
  const value = new Date(nowMs).toISOString();
  return { schemeIdUri: 'urn:mpeg:dash:utc:direct:2014', value };
}

/** Times of a session that goes on. */
function dynamic(
  session: PlaybackSession,
  shownMs: number,
  longestMs: number,
): Record<string, string> {
  const { openedMs, openedEndMs } = session;
  // All that a session begins with is there when it is opened, and goes on from there.
  const availableMs = openedMs - openedEndMs;
  return {
    type: 'dynamic',
    availabilityStartTime: new Date(availableMs).toISOString(),
    publishTime: new Date(availableMs + (session.entries.at(-1)?.mediaMs ?? 0)).toISOString(),
    minimumUpdatePeriod: `PT${UPDATE_SECONDS}S`,
    timeShiftBufferDepth: duration(shownMs),
    suggestedPresentationDelay: duration(Math.min(shownMs, 2 * longestMs)),
  };
}

function periodLines(session: PlaybackSession, { entries, tracks }: DashPeriod): string[] {
  const [first] = entries;
  if (first === undefined) return [];
  // A period stays what it is, however many of its segments have gone.
  const { sequence, mediaMs } = first.formatSince;
  return [
    `  <Period${written({ id: String(sequence), start: duration(mediaMs) })}>`,
    ...tracks.flatMap((track) => adaptationSet(session, track, entries, mediaMs)),
    '  </Period>',
  ];
}

function adaptationSet(
  session: PlaybackSession,
  track: Mp4Track,
  entries: readonly PlaybackEntry[],
  periodMs: number,
): string[] {
  const { kind, codec, width, height, audio } = track;
  const number = TRACK_NUMBERS[kind];
  const [first] = entries;
  const token = `SessionToken=${session.token}&TrackNumber=${number}`;
  const bandwidth = bitsPerSecond(entries);
  const representation = {
    id: `${number}`,
    bandwidth: String(bandwidth),
    codecs: codec,
    ...(kind === 'video'
      ? { width: String(width), height: String(height) }
      : { audioSamplingRate: String(audio?.samplingFrequencyHz ?? 0) }),
  };
  const template = {
    timescale: String(TIMESCALE),
    // Where the period begins on the media's own time line.
    presentationTimeOffset: String(HEAD_START_MS + periodMs),
    startNumber: String(first?.sequence ?? 1),
    initialization: `getMP4InitFragment.mp4?FragmentNumber=${first?.formatSince.sequence ?? 1}&${token}`,
    media: `getMP4MediaFragment.mp4?FragmentNumber=$Number$&${token}`,
  };
  const set = { id: String(number), contentType: kind, mimeType: `${kind}/mp4` };
  const channels = 'urn:mpeg:dash:23003:3:audio_channel_configuration:2011';
  return [
    `    <AdaptationSet${written({ ...set, segmentAlignment: 'true', startWithSAP: '1' })}>`,
    `      <Representation${written(representation)}>`,
    ...(audio === undefined
      ? []
      : [
          `        <AudioChannelConfiguration${written({ schemeIdUri: channels, value: String(audio.channels) })}/>`,
        ]),
    `        <SegmentTemplate${written(template)}>`,
    '          <SegmentTimeline>',
    ...entries.map(
      (entry, i) => `            <S${written(segment(session, entry, entries[i + 1]))}/>`,
    ),
    '          </SegmentTimeline>',
    '        </SegmentTemplate>',
    '      </Representation>',
    '    </AdaptationSet>',
  ];
}

/** A segment's place; without a gap that is worth one, it lasts until the next. */
function segment(
  { settings }: PlaybackSession,
  entry: PlaybackEntry,
  next: PlaybackEntry | undefined,
): Record<string, string> {
  const { number, startMs, mediaMs, durationMs } = entry;
  const lastsMs = next === undefined ? durationMs : Math.min(durationMs, next.mediaMs - mediaMs);
  return {
    t: String(HEAD_START_MS + mediaMs),
    d: String(Math.max(1, lastsMs)),
    ...(settings.displayTimestamps ? { 'kvs:ts': String(startMs) } : {}),
    ...(settings.displayNumbers ? { 'kvs:fn': number } : {}),
  };
}

/** ISO 8601. */
function duration(ms: number): string {
  return `PT${(ms / 1000).toFixed(3)}S`;
}

/** Attributes, escaped. */
function written(attributes: Readonly<Record<string, string>>): string {
  return Object.entries(attributes)
    .map(([name, value]) => ` ${name}="${value.replace(/&/g, '&amp;').replace(/"/g, '&quot;')}"`)
    .join('');
}
