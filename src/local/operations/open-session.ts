import { ServiceError } from '../errors/service-error.ts';
import type { FragmentRecord } from '../fragments/fragment-record.ts';
import { readFragmentMedia } from '../playback/fragment-media.ts';
import type { PlaybackSession } from '../playback/sessions/playback-session.ts';
import type { PlaybackMode, PlaybackSettings } from '../playback/sessions/playback-settings.ts';
import * as members from '../validation/members.ts';
import { integer, type StructureShape, type ValueOf } from '../validation/shapes.ts';
import { type PlaybackSelector, playbackRange, requireRetention } from './playback-range.ts';
import type { Call } from './service-context.ts';

/** A live session needs a fragment of the last half minute (ResourceNotFoundException). */
const LIVE_WITHIN_MS = 30_000;
const EXPIRES_S = 300;
/** Entries of a playlist or a manifest where none are asked for. */
const MAX_FRAGMENTS = { ON_DEMAND: 1000, LIVE: 5, LIVE_REPLAY: 5 } as const;

/** What sessions of both protocols are opened with; the selector's member has the protocol's name. */
export const sessionMembers = {
  StreamName: members.streamName,
  StreamARN: members.streamArn,
  PlaybackMode: members.playbackMode,
  DisplayFragmentTimestamp: members.alwaysOrNever,
  Expires: integer(300, 43_200),
};

type SessionInput = ValueOf<StructureShape<typeof sessionMembers, never>>;

/** What a protocol decides itself. */
export type ProtocolSettings = Pick<
  PlaybackSettings,
  'protocol' | 'container' | 'displayNumbers'
> & {
  /** Default: by server timestamps always, which say nothing of gaps; by the producer's never. */
  readonly discontinuities: PlaybackSettings['discontinuities'] | undefined;
  readonly maxFragments: number | undefined;
};

/**
 * Opens a session that has something to play.
 * @throws ServiceError for a stream, a range or media that cannot be played.
 */
export async function openSession(
  input: SessionInput,
  selector: PlaybackSelector | undefined,
  { context }: Call,
  settings: ProtocolSettings,
): Promise<PlaybackSession> {
  const stream = context.streams.findReadable(input);
  const mode = input.PlaybackMode ?? 'LIVE';
  const nowMs = context.clock.nowMs();
  const range = playbackRange(mode, selector, stream.record, nowMs);
  requireRetention(stream.record);
  const isByServer = range.origin === 'SERVER_TIMESTAMP';
  const all: PlaybackSettings = {
    ...settings,
    ...range,
    mode,
    discontinuities: settings.discontinuities ?? (isByServer ? 'ALWAYS' : 'NEVER'),
    displayTimestamps: input.DisplayFragmentTimestamp === 'ALWAYS',
    maxFragments: settings.maxFragments ?? MAX_FRAGMENTS[mode],
    expiresAtMs: nowMs + (input.Expires ?? EXPIRES_S) * 1000,
  };
  return context.playback.open(stream, all, requireMedia);
}

/**
 * Throws what is wrong with a session's media while there is still someone to tell.
 * @throws ServiceError ResourceNotFoundException when there is none, and as readFragmentMedia.
 */
async function requireMedia(session: PlaybackSession): Promise<void> {
  const { stream, settings, entries, openedMs } = session;
  const { newest } = stream.fragments;
  const [first] = entries;
  const record = first && (await stream.fragments.current(first.number));
  if (record === undefined || newest === undefined || isTooOld(settings.mode, newest, openedMs)) {
    const awsText = 'No fragments found in the stream for the streaming request.';
    const message = settings.mode === 'LIVE' ? `${awsText} None in the last 30 seconds.` : awsText;
    throw new ServiceError('ResourceNotFoundException', message, { awsText });
  }
  await readFragmentMedia(stream.fragments, record, settings.protocol);
}

function isTooOld(mode: PlaybackMode, newest: FragmentRecord, nowMs: number): boolean {
  return mode === 'LIVE' && newest.serverTimestampMs < nowMs - LIVE_WITHIN_MS;
}
