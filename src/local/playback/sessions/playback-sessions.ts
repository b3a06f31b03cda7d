import { randomBytes } from 'node:crypto';
import type { Clock } from '../../../runtime/clock.ts';
import { ServiceError } from '../../errors/service-error.ts';
import type { LocalStream } from '../../streams/local-stream.ts';
import { PlaybackSession } from './playback-session.ts';
import type { PlaybackSettings } from './playback-settings.ts';

/**
 * Active sessions per stream; a further one revokes the oldest:
 * https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/limits.html
 */
const MAX_SESSIONS = 10;

/** The HLS and DASH sessions of the service. */
export class PlaybackSessions {
  readonly #clock: Clock;
  /** Oldest first. */
  readonly #byToken = new Map<string, PlaybackSession>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The service's time. */
  nowMs(): number {
    return this.#clock.nowMs();
  }

  /**
   * Opens a session, which has what there is for it by now.
   * @param check throws when there is nothing to play: then no other session is revoked for it.
   */
  async open(
    stream: LocalStream,
    settings: PlaybackSettings,
    check: (session: PlaybackSession) => Promise<void> = async () => {},
  ): Promise<PlaybackSession> {
    const token = randomBytes(48).toString('base64url');
    const session = new PlaybackSession(token, stream, settings, this.#clock.nowMs());
    await session.open();
    await check(session);
    this.#expire();
    const own = [...this.#byToken.values()].filter(
      (one) => one.stream === stream && one.settings.protocol === settings.protocol,
    );
    const [oldest] = own;
    if (own.length >= MAX_SESSIONS && oldest) this.#byToken.delete(oldest.token);
    this.#byToken.set(token, session);
    return session;
  }

  /**
   * The session of a token, with what has come since it was last looked at.
   * @throws ServiceError NotAuthorizedException when there is none, or it has run out.
   */
  async find(
    token: string | null,
    protocol: PlaybackSettings['protocol'],
  ): Promise<PlaybackSession> {
    this.#expire();
    const session = token === null ? undefined : this.#byToken.get(token);
    if (
      session === undefined ||
      session.settings.protocol !== protocol ||
      session.stream.record.status === 'DELETING'
    ) {
      throw new ServiceError('NotAuthorizedException', 'The session is not known, or has expired.');
    }
    await session.refresh(this.#clock.nowMs());
    return session;
  }

  /** The session that a request is for, as it was when it was last looked at. */
  known(query: URLSearchParams): PlaybackSession | undefined {
    return this.#byToken.get(query.get('SessionToken') ?? '');
  }

  #expire(): void {
    const now = this.#clock.nowMs();
    for (const [token, { settings }] of this.#byToken) {
      if (settings.expiresAtMs <= now) this.#byToken.delete(token);
    }
  }
}
