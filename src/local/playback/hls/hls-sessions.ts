import { randomBytes } from 'node:crypto';
import type { Clock } from '../../../runtime/clock.ts';
import { ServiceError } from '../../errors/service-error.ts';
import type { LocalStream } from '../../streams/local-stream.ts';
import { HlsSession, type HlsSettings } from './hls-session.ts';

/**
 * Active sessions per stream; a further one revokes the oldest:
 * https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/limits.html
 */
const MAX_SESSIONS = 10;

/** The HLS sessions of the service. */
export class HlsSessions {
  readonly #clock: Clock;
  /** Oldest first. */
  readonly #byToken = new Map<string, HlsSession>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Opens a session, which has what there is for it by now. */
  async open(stream: LocalStream, settings: HlsSettings): Promise<HlsSession> {
    this.#expire();
    const own = [...this.#byToken.values()].filter((session) => session.stream === stream);
    const oldest = own[0];
    if (own.length >= MAX_SESSIONS && oldest) this.#byToken.delete(oldest.token);
    const session = new HlsSession(randomBytes(48).toString('base64url'), stream, settings);
    this.#byToken.set(session.token, session);
    await session.refresh();
    return session;
  }

  /**
   * The session of a token.
   * @throws ServiceError NotAuthorizedException when there is none, or it has run out.
   */
  find(token: string | null): HlsSession {
    this.#expire();
    const session = token === null ? undefined : this.#byToken.get(token);
    if (session === undefined || session.stream.record.status === 'DELETING') {
      throw new ServiceError('NotAuthorizedException', 'The session is not known, or has expired.');
    }
    return session;
  }

  #expire(): void {
    const now = this.#clock.nowMs();
    for (const [token, { settings }] of this.#byToken) {
      if (settings.expiresAtMs <= now) this.#byToken.delete(token);
    }
  }
}
