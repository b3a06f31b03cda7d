import type { StreamRecord } from '../data-folder/stream-record.ts';
import type { StreamFragments } from '../fragments/stream-fragments.ts';
import type { LiveFeed } from './live-feed.ts';

/** A stream in memory: what is stored of it, its fragments, and what is going on now. */
export type LocalStream = {
  readonly record: StreamRecord;
  readonly fragments: StreamFragments;
  readonly live: LiveFeed;
  /** Open PutMedia sessions, oldest first. */
  readonly sessions: Set<OpenRequest>;
  /** Clients that are reading with GetMedia. */
  readers: number;
  /** Clients that are reading with GetMediaForFragmentList. */
  listReaders: number;
};

/** A PutMedia session, as far as others have to do with it. */
export type OpenRequest = {
  /** Whether media is still taken from it, and not only acks sent. */
  readonly isReceiving: boolean;
  streamDeleted(): void;
  /** A newer session takes over: this one has a moment to end by itself. */
  supersede(): void;
  /** There are too many of them to wait for that. */
  cutOff(): void;
};
